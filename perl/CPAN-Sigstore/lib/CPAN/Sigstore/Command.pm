package CPAN::Sigstore::Command;
use 5.016;
use strict;
use warnings;

use Errno        ();
use Getopt::Long ();

use CPAN::Sigstore::Bundle      ();
use CPAN::Sigstore::Crypto      ();
use CPAN::Sigstore::DER         ();
use CPAN::Sigstore::Decision    ();
use CPAN::Sigstore::Error       ();
use CPAN::Sigstore::Identity    ();
use CPAN::Sigstore::JSON        ();
use CPAN::Sigstore::Program     ();
use CPAN::Sigstore::Time        ();
use CPAN::Sigstore::TrustedRoot ();
use CPAN::Sigstore::Verifier    ();

our $VERSION = '0.01';

my $USAGE = <<'USAGE';
Verify that an identity signed a file.

Usage: cpan-verify --identity NAME --issuer URL [OPTIONS] FILE

      --identity NAME      Name in the certificate, such as author@example.org
      --issuer URL         Issuer of the name, such as https://accounts.google.com
      --repository URL     Repository that ran the workflow
      --bundle FILE        Bundle [default: FILE.sigstore.json]
      --trusted-root FILE  The trusted_root.json of the Sigstore instance
      --verifier NAME      program or perl [default: the program if installed]
      --json               Print one JSON object on a line
      --help, --version    Print this summary, or the version
USAGE

my %EXIT = (trusted => 0, unavailable => 3, unsigned => 10, 'signature-invalid' => 11, 'identity-mismatch' => 12);
# Codes of errors that say nothing about a signature.
my %UNDETERMINED = map { $_ => 1 } qw(authority-unknown crypto clock trusted-root);
my %FAILURE      = map { $_ => 1 } qw(file program);

# The claims of the program's JSON, by the names of section 3.3.1 of the standard.
my %CLAIM = (
    'source-repository-uri'              => 'repository',
    'source-repository-ref'              => 'ref',
    'source-repository-identifier'       => 'repository-id',
    'source-repository-owner-identifier' => 'owner-id',
    'build-config-uri'                   => 'workflow',
);

# Runs the command. Returns its exit code.
sub run {
    my (@arguments) = @_;
    my $options = eval { _options(@arguments) };
    return _usage_error($@) if !$options;
    if ($options->{help} || $options->{version}) {
        print $options->{help} ? $USAGE : "cpan-verify $VERSION\n";
        return 0;
    }
    my $verdict = eval { _verify($options) };
    $verdict //= _failed(CPAN::Sigstore::Error->of($@, 'program'));
    return _report($options, $verdict);
}

sub _usage_error {
    my ($error) = @_;
    print {*STDERR} "cpan-verify: $error", "for the options: cpan-verify --help\n";
    return 2;
}

sub _options {
    my (@arguments) = @_;
    my %options;
    my @warnings;
    my $parser = Getopt::Long::Parser->new(config => [qw(no_auto_abbrev no_ignore_case)]);
    {
        local $SIG{__WARN__} = sub { push @warnings, @_ };
        $parser->getoptionsfromarray(\@arguments, \%options,
            map({"$_=s"} qw(identity issuer repository bundle trusted-root verifier)), qw(json help version))
            or die lcfirst($warnings[0] // "invalid command line\n");
    }
    return \%options if $options{help} || $options{version};
    die "invalid command line: expected one file, found " . @arguments . "\n" if @arguments != 1;
    for my $name (qw(identity issuer)) {
        die "invalid command line: expected --$name, without which a signature shows nothing\n" if ($options{$name} // q()) eq q();
    }
    my $verifier = $options{verifier} // 'perl';
    die "invalid --verifier: expected program or perl, found $verifier\n" if $verifier !~ /\A(?:program|perl)\z/;
    $options{file} = $arguments[0];
    $options{bundle} //= "$options{file}.sigstore.json";
    return \%options;
}

sub _failed {
    my ($error) = @_;
    return { finding => 'unavailable', message => $error->message } if $UNDETERMINED{ $error->code };
    return { message => $error->message } if $FAILURE{ $error->code };
    return { finding => 'signature-invalid', cause => $error->code, message => $error->message };
}

sub _verify {
    my ($options) = @_;
    CPAN::Sigstore::Error->throw('file', "cannot read $options->{file}: expected a file") if !-f $options->{file};
    my $bundle = _read_bundle($options->{bundle});
    return { finding => 'unsigned', message => "expected a bundle at $options->{bundle}, found none" } if !defined $bundle;
    my $program = ($options->{verifier} // 'program') eq 'program' ? CPAN::Sigstore::Program->find : undef;
    CPAN::Sigstore::Error->throw('program', 'cannot find cpan-sigstore in PATH; install it, or name it with CPAN_SIGSTORE')
        if !$program && ($options->{verifier} // q()) eq 'program';
    my $verdict = $program ? _verify_by_program($options, $program) : _verify_by_perl($options, $bundle);
    return $verdict->{finding} eq 'trusted' ? _judge($options, $verdict) : $verdict;
}

sub _read_bundle {
    my ($path) = @_;
    my $handle;
    if (!open $handle, '<:raw', $path) {
        return if $!{ENOENT};
        CPAN::Sigstore::Error->throw('file', "cannot read $path: $!");
    }
    my $bytes = q();
    my $count = read $handle, $bytes, $CPAN::Sigstore::Bundle::SIZE_LIMIT + 1;
    CPAN::Sigstore::Error->throw('file', "cannot read $path: $!") if !defined $count;
    close $handle or CPAN::Sigstore::Error->throw('file', "cannot read $path: $!");
    return $bytes;
}

sub _verify_by_perl {
    my ($options, $bundle) = @_;
    CPAN::Sigstore::Error->throw('trusted-root', 'cannot verify without a trusted root; name its file with --trusted-root')
        if !defined $options->{'trusted-root'};
    my $by   = "CPAN::Sigstore $VERSION with " . CPAN::Sigstore::Crypto::name();
    my $root = CPAN::Sigstore::TrustedRoot->from_file($options->{'trusted-root'});
    my $verified = eval { CPAN::Sigstore::Verifier::verify(root => $root, bundle => $bundle, file => $options->{file}) };
    return { %{ _failed(CPAN::Sigstore::Error->of($@, 'unsupported')) }, verifier => $by } if !$verified;
    return {
        finding   => 'trusted',
        verifier  => $by,
        signer    => $verified->{signer},
        statement => $verified->{statement},
        times     => [ map { CPAN::Sigstore::Time::format($_) } @{ $verified->{times} } ],
    };
}

sub _verify_by_program {
    my ($options, $program) = @_;
    my $by = $program->name;
    my $found = $program->verify(
        (map { $_ => $options->{$_} } qw(file bundle identity issuer)),
        trusted_root => $options->{'trusted-root'},
    );
    my %verdict = (finding => $found->{finding}, cause => $found->{cause}, verifier => $by);
    if ($found->{finding} ne 'trusted') {
        my ($expected, $what) = map { defined && !ref ? $_ : q() } @{$found}{qw(expected found)};
        return { %verdict, message => "expected $expected, found $what" };
    }
    my ($signer, $signature) = @{$found}{qw(signer signature)};
    my $times = eval { [ map { $_->{time} } @{ $signature->{'signed-at'} } ] } || [];
    CPAN::Sigstore::Error->throw('program', 'cannot read the answer of the program: expected signer and times')
        if ref $signer ne 'HASH' || ref $signer->{subject} ne 'HASH' || !@$times;
    my $claims = ref $signer->{claims} eq 'HASH' ? $signer->{claims} : {};
    return {
        %verdict,
        signer => {
            kind    => $signer->{subject}{kind},
            subject => $signer->{subject}{name},
            issuer  => $signer->{issuer},
            claims  => { map { defined $claims->{$_} ? ($CLAIM{$_} => $claims->{$_}) : () } keys %CLAIM },
        },
        statement => $signature->{attestation},
        times     => $times,
    };
}

sub _characters {
    my ($bytes) = @_;
    return $bytes if !defined $bytes;
    return CPAN::Sigstore::DER::decode_utf8($bytes) // CPAN::Sigstore::Error->throw('file', 'invalid command line: expected UTF-8');
}

# The same rules for both verifiers: sections 2.4 and 3.5 of the standard.
sub _judge {
    my ($options, $verdict) = @_;
    my $statement = $verdict->{statement};
    if (defined $statement && !grep { $_ eq $statement } @CPAN::Sigstore::Decision::RELEASE_STATEMENTS) {
        return { %$verdict, finding => 'signature-invalid', cause => 'statement-kind',
            message => "expected a statement that the file was built or published, found $statement" };
    }
    # Arguments are bytes, and names in a certificate characters.
    my ($identity, $issuer, $claimed) = map { _characters($_) } @{$options}{qw(identity issuer repository)};
    my $expected = CPAN::Sigstore::Identity->new(
        subject => $identity,
        issuer  => $issuer,
        claims  => { defined $claimed ? (repository => $claimed) : () },
    );
    my $signer = $verdict->{signer};
    return $verdict if $expected->matches($signer);
    my $repository = $signer->{claims}{repository};
    my $for = defined $repository ? " for $repository" : q();
    return { %$verdict, finding => 'identity-mismatch',
        message => "expected $identity (by $issuer), found $signer->{subject} (by $signer->{issuer})$for" };
}

sub _report {
    my ($options, $verdict) = @_;
    my $finding = $verdict->{finding};
    my $exit = defined $finding ? $EXIT{$finding} // 1 : 1;
    return _report_json($options, $verdict, $exit) if $options->{json};
    if (!defined $finding) {
        print {*STDERR} 'cpan-verify: ', _printable($verdict->{message}), "\n";
        return $exit;
    }
    my $by = defined $verdict->{verifier} ? "verified by $verdict->{verifier}\n" : q();
    if ($exit == 0) {
        my $signer = $verdict->{signer};
        print _printable("trusted: $options->{file} is signed by $signer->{subject} (by $signer->{issuer}) on @{ $verdict->{times} }"), "\n", $by;
        return 0;
    }
    my $cause = defined $verdict->{cause} ? " ($verdict->{cause})" : q();
    print {*STDERR} _printable("$finding$cause: $options->{file}: $verdict->{message}"), "\n", $by;
    return $exit;
}

sub _report_json {
    my ($options, $verdict, $exit) = @_;
    my %object = map { defined $verdict->{$_} ? ($_ => $verdict->{$_}) : () } qw(finding cause verifier signer statement times message);
    $object{file} = _printable($options->{file});
    $object{exit} = bless { text => "$exit" }, 'CPAN::Sigstore::JSON::Number';
    $object{error} = delete $object{message} if !defined $object{finding};
    print CPAN::Sigstore::JSON::canonical(\%object), "\n";
    return $exit;
}

# Foreign text must not move the cursor.
sub _printable {
    my ($text) = @_;
    $text =~ s/[\x{00}-\x{1F}\x{7F}-\x{9F}\x{AD}\x{61C}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{206F}\x{FEFF}\x{FFF9}-\x{FFFB}\x{E0000}-\x{E007F}]/ /g;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Command - the command cpan-verify

=head1 SYNOPSIS

    use CPAN::Sigstore::Command;

    exit CPAN::Sigstore::Command::run(@ARGV);

=head1 DESCRIPTION

L<cpan-verify> has the manual.

=head1 FUNCTIONS

=head2 run(ARGUMENTS)

Verifies a file, prints the verdict, and returns the exit code.

=cut
