package CPAN::Sigstore::Installer;
use 5.016;
use strict;
use warnings;

use Digest::SHA ();
use Fcntl       qw(O_CREAT O_EXCL O_WRONLY);

use CPAN::Sigstore::Archive     ();
use CPAN::Sigstore::Bundle      ();
use CPAN::Sigstore::Crypto      ();
use CPAN::Sigstore::Decision    ();
use CPAN::Sigstore::Error       ();
use CPAN::Sigstore::Mirror      ();
use CPAN::Sigstore::Policy      ();
use CPAN::Sigstore::Program     ();
use CPAN::Sigstore::Record      ();
use CPAN::Sigstore::Release     ();
use CPAN::Sigstore::Stdio       ();
use CPAN::Sigstore::TrustedRoot ();
use CPAN::Sigstore::Verifier    ();

our $VERSION = '0.01';

# Most versions of an author's record, largest record and largest policy, in bytes.
my $RECORD_LIMIT      = 256;
my $RECORD_SIZE_LIMIT = 64 * 1024;
my $POLICY_LIMIT      = 1 << 20;

# Most packages in one request. A release with more has several.
my $PACKAGES_LIMIT = 400;

# Bytes that are read at a time.
my $BUFFER = 1 << 20;

our @OPTIONS = qw(verifier policy trusted-root cpan trust-store require-signed);
my %PROGRAM_OPTION = map { $_ => 1 } qw(policy trusted-root cpan trust-store);

# Options of a client: texts such as `policy=FILE`.
sub parse_options {
    my ($class, @texts) = @_;
    my %options;
    for my $text (@texts) {
        my ($name, $value) = $text =~ /\A([a-z-]+)=(.+)\z/s or _fail("invalid option: expected NAME=VALUE, found $text");
        _fail("invalid option: expected one of @OPTIONS, found $name") if !grep { $_ eq $name } @OPTIONS;
        _fail("invalid option: expected $name once") if exists $options{$name};
        $options{$name} = $value;
    }
    my $verifier = $options{verifier} // 'perl';
    _fail("invalid option: expected verifier=program or verifier=perl, found $verifier") if $verifier !~ /\A(?:program|perl)\z/;
    my $required = $options{'require-signed'} // 'yes';
    _fail("invalid option: expected require-signed=yes, found $required") if $required ne 'yes';
    return %options;
}

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('configuration', $message);
}

# The program is the verifier where it is installed, unless the user selects the modules.
sub new {
    my ($class, %options) = @_;
    my $self    = bless { options => \%options }, $class;
    my $program = ($options{verifier} // 'program') eq 'program' ? CPAN::Sigstore::Program->find : undef;
    _fail('cannot find cpan-sigstore in PATH; install it, or name it with CPAN_SIGSTORE') if !$program && ($options{verifier} // q()) eq 'program';
    if ($program) {
        my @flags = map { "--$_=$options{$_}" } grep { defined $options{$_} && $PROGRAM_OPTION{$_} } @OPTIONS;
        push @flags, '--require-signed' if $options{'require-signed'};
        $self->{stdio} = CPAN::Sigstore::Stdio->new($program->path, 'verify', '--stdio', @flags);
        $self->{name}  = $program->name;
        return $self;
    }
    _fail('cannot verify without a trusted root; name its file with trusted-root=FILE') if !defined $options{'trusted-root'};
    _fail('cannot use trust-store=FILE without cpan-sigstore: the modules remember nothing') if defined $options{'trust-store'};
    $self->{root}   = CPAN::Sigstore::TrustedRoot->from_file($options{'trusted-root'});
    $self->{policy} = CPAN::Sigstore::Policy->parse(defined $options{policy} ? _slurp($options{policy}) : q());
    $self->{name}   = "CPAN::Sigstore $VERSION with " . CPAN::Sigstore::Crypto::name();
    return $self;
}

sub _slurp {
    my ($path) = @_;
    open my $handle, '<:raw', $path or _fail("cannot read $path: $!");
    my $bytes = q();
    my $count = read $handle, $bytes, $POLICY_LIMIT + 1;
    _fail("cannot read $path: $!") if !defined $count || !close $handle;
    _fail("cannot read $path: expected at most $POLICY_LIMIT bytes") if $count > $POLICY_LIMIT;
    return $bytes;
}

# The verifier, with its version.
sub name { return $_[0]{name} }

# Decides about a release. The judged bytes are in the new file `copy` if it is admitted, and only then.
#
# release, archive (a file), copy, packages, mirror.
sub judge {
    my ($self, %input) = @_;
    my $release = CPAN::Sigstore::Release->parse_path($input{release})
        // return { finding => 'unavailable', decision => 'deny', message => "expected the path of a release, found $input{release}" };
    my $verdict = $self->{stdio} ? $self->_by_program($release, %input) : $self->_by_perl($release, %input);
    my $is_admitted = $verdict->{decision} eq 'allow' || $verdict->{decision} eq 'warn';
    # The copy is what was judged, or nothing is admitted.
    if ($is_admitted && (digest_of($input{copy}) // q()) ne $verdict->{digest}) {
        CPAN::Sigstore::Error->throw('program', "cannot verify $input{release}: the copy is another file than the one that was judged");
    }
    unlink $input{copy} if !$is_admitted;
    return { %$verdict, admitted => $is_admitted ? 1 : 0, verifier => $self->{name} };
}

# `sha256:` and the digest of a file, or nothing if it cannot be read.
sub digest_of {
    my ($path) = @_;
    open my $handle, '<:raw', $path or return;
    my $digest = Digest::SHA->new(256);
    my $is_read = eval { $digest->addfile($handle); close $handle };
    return $is_read ? 'sha256:' . $digest->hexdigest : undef;
}

sub _by_program {
    my ($self, $release, %input) = @_;
    my @packages = @{ $input{packages} || [] };
    my $verdict;
    # The release has to be admitted for all of its packages.
    do {
        my @some = splice @packages, 0, $PACKAGES_LIMIT;
        my $answer = $self->{stdio}->ask(
            ask     => 'release',
            release => $release->path,
            archive => $input{archive},
            # Without packages, the program reads its own package index.
            (@some ? (packages => \@some) : ()),
            @packages ? () : (copy => $input{copy}),
        );
        my $other = _read_answer($answer, $release);
        return $other if $other->{decision} !~ /\A(?:allow|warn)\z/;
        CPAN::Sigstore::Error->throw('program', 'cannot verify: the archive changed meanwhile') if $verdict && $verdict->{digest} ne $other->{digest};
        $verdict = $other if !$verdict || $verdict->{decision} eq 'allow';
    } while @packages;
    return $verdict;
}

# Section 12.8: without a decision that is known, the release is not admitted.
sub _read_answer {
    my ($answer, $release) = @_;
    my %text = map { my $value = $answer->{$_}; ($_ => defined $value && !ref $value ? $value : q()) } qw(finding cause decision digest release expected found hint);
    if (ref $answer->{error} eq 'HASH' || exists $answer->{error}) {
        my $message = ref $answer->{error} eq 'HASH' ? $answer->{error}{message} : undef;
        return { finding => 'unavailable', decision => 'try-later', message => defined $message && !ref $message ? $message : 'the verifier failed' };
    }
    my $is_whole = $text{decision} =~ /\A(?:allow|warn|deny|try-later)\z/ && $text{finding} ne q() && $text{release} eq $release->path;
    return { finding => 'unavailable', decision => 'deny', message => 'expected a verdict about this release' } if !$is_whole;
    my $message = join '; ', grep { $_ ne q() } $text{expected} ne q() ? "expected $text{expected}, found $text{found}" : q(), $text{hint};
    return { finding => $text{finding}, cause => $text{cause}, decision => $text{decision}, digest => $text{digest}, message => $message };
}

sub _by_perl {
    my ($self, $release, %input) = @_;
    my $path    = $release->path;
    my %verdict = eval {
        my $mirror = $self->_mirror(%input);
        # The bundle first (11.3).
        my $bundle  = $mirror->fetch("$path.sigstore.json", $CPAN::Sigstore::Bundle::SIZE_LIMIT);
        my $records = $self->_records($mirror, $release);
        my $digest  = _copy($input{archive}, $input{copy});
        my $signature = $self->_signature($bundle, $digest);
        my $verdict   = CPAN::Sigstore::Decision::decide(
            release  => $release,
            policy   => $self->{policy},
            now      => time,
            packages => $input{packages} || [],
            signature => $signature,
            digest    => $digest,
            archive   => scalar CPAN::Sigstore::Archive::compare($release, $input{copy}),
            %$records,
        );
        (%$verdict, digest => $digest, message => _message($signature, $verdict));
    };
    return { finding => 'unavailable', decision => 'try-later', message => CPAN::Sigstore::Error->of($@, 'program')->message } if !%verdict;
    if ($self->{options}{'require-signed'} && $verdict{finding} !~ /\A(?:trusted|index-stale)\z/ && $verdict{decision} =~ /\A(?:allow|warn)\z/) {
        $verdict{decision} = 'deny';
    }
    return \%verdict;
}

sub _mirror {
    my ($self, %input) = @_;
    return $input{mirror} if !defined $self->{options}{cpan};
    return $self->{mirror} ||= CPAN::Sigstore::Mirror->new($self->{options}{cpan});
}

sub _message {
    my ($signature, $verdict) = @_;
    return $signature->{message} if $signature && defined $signature->{message};
    my @parts = $signature && $signature->{signer} ? "signed by $signature->{signer}{subject} (by $signature->{signer}{issuer})" : ();
    return join '; ', @parts, @{ $verdict->{reasons} || [] };
}

# What a bundle proves about bytes, as the decision takes it.
sub _signature {
    my ($self, $bundle, $digest) = @_;
    return undef if !defined $bundle;    ## no critic (ProhibitExplicitReturnUndef)
    my $verified = eval { CPAN::Sigstore::Verifier::verify(root => $self->{root}, bundle => $bundle, digest => $digest) };
    return { map { $_ => $verified->{$_} } qw(signer times statement) } if $verified;
    my $error = CPAN::Sigstore::Error->of($@, 'unsupported');
    my $kind  = $error->code =~ /\A(?:crypto|clock|trusted-root|file)\z/ ? 'undetermined' : 'refused';
    return { $kind => $error->code, message => $error->message };
}

# The signed records of the author's directory, from version 1 to the first one that is not there.
sub _records {
    my ($self, $mirror, $release) = @_;
    my $author = $release->author;
    my $folder = sprintf 'authors/id/%s/%s/%s', substr($author, 0, 1), substr($author, 0, 2), $author;
    my (@signed, $undetermined);
    for my $version (1 .. $RECORD_LIMIT + 1) {
        my $path  = "$folder/$author-sigstore-identities-$version.json";
        my $bytes = $mirror->fetch($path, $RECORD_SIZE_LIMIT) // last;
        CPAN::Sigstore::Error->throw('retrieval', "expected at most $RECORD_LIMIT versions of the record of $author") if $version > $RECORD_LIMIT;
        my $bundle = $mirror->fetch("$path.sigstore.json", $CPAN::Sigstore::Bundle::SIZE_LIMIT) // next;
        my $record = eval { CPAN::Sigstore::Record->parse($bytes) } // next;
        next if $record->author ne $author || $record->version != $version;
        my $signature = $self->_signature($bundle, $record->digest);
        $undetermined = $signature->{undetermined} if defined $signature->{undetermined};
        # A record is signed itself, and not stated about.
        next if !$signature->{signer} || defined $signature->{statement};
        push @signed, { record => $record, signer => $signature->{signer}, times => $signature->{times} };
    }
    return { directory => \@signed, records_undetermined => $undetermined };
}

# Copies a file to a new one, for its user alone. Returns the digest of the copied bytes.
sub _copy {
    my ($from, $to) = @_;
    my $failed = sub { CPAN::Sigstore::Error->throw('file', "cannot copy $from to $to: $!") };
    open my $source, '<:raw', $from or $failed->();
    sysopen my $target, $to, O_CREAT | O_EXCL | O_WRONLY, 0600 or $failed->();
    binmode $target;
    my $digest = Digest::SHA->new(256);
    while (1) {
        my $bytes = q();
        my $count = read $source, $bytes, $BUFFER;
        $failed->() if !defined $count;
        last if !$count;
        $digest->add($bytes);
        print {$target} $bytes or $failed->();
    }
    close $source or $failed->();
    close $target or $failed->();
    return 'sha256:' . $digest->hexdigest;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Installer - decide about a release before it is installed

=head1 SYNOPSIS

    use CPAN::Sigstore::Installer;
    use CPAN::Sigstore::Mirror;

    my $installer = CPAN::Sigstore::Installer->new(policy => 'policy.toml', 'trusted-root' => 'trusted_root.json');
    my $verdict   = $installer->judge(
        release  => 'authors/id/T/TI/TIM/Foo-1.02.tar.gz',
        archive  => '/tmp/downloaded/Foo-1.02.tar.gz',
        copy     => '/home/me/private/Foo-1.02.tar.gz',
        packages => ['Foo'],
        mirror   => CPAN::Sigstore::Mirror->new('https://www.cpan.org/'),
    );
    die "$verdict->{finding}: $verdict->{message}\n" if !$verdict->{admitted};
    print "verified by $verdict->{verifier}\n";

=head1 DESCRIPTION

L<CPAN::Plugin::Sigstore> and L<App::cpm::Resolver::Sigstore> call this module. If
the program C<cpan-sigstore> is installed, it decides, through C<verify --stdio>
(section 12 of the standard). Otherwise these modules decide, by policy and author
records. They have no trust store, no author index and no log. They do not check
the form of an archive (section 2.6).

Unpack only the file C<copy>: it has the judged bytes. It has to be a new file in a
folder that only its user can write to.

=head1 METHODS

=head2 new(OPTIONS)

C<verifier> is C<program> or C<perl>; the default is the program if it is
installed. C<policy> is a F<policy.toml>, and C<trusted-root> the
F<trusted_root.json> that the modules need. C<cpan> is the CPAN with the bundles,
and C<trust-store> the trust store of the program. C<require-signed> denies what is not
verified as its author's. It throws a L<CPAN::Sigstore::Error>.

=head2 name

Returns the verifier with its version.

=head2 judge(release => ..., archive => ..., copy => ..., packages => [...], mirror => ...)

Returns a hash with C<admitted>, C<finding>, C<decision>, C<digest>, C<message>
and C<verifier>. C<mirror> is a L<CPAN::Sigstore::Mirror> with bundles and records,
unless the option C<cpan> names one.

=head1 FUNCTIONS

=head2 parse_options(TEXTS)

A class method. Returns the options of texts such as C<policy=FILE>.

=head2 digest_of(PATH)

Returns C<sha256:> and the digest of a file.

=cut
