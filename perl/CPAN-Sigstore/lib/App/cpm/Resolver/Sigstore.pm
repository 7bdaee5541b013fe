package App::cpm::Resolver::Sigstore;
use 5.016;
use strict;
use warnings;

use File::Spec               ();
use File::Temp               ();
use IO::Uncompress::Gunzip   ();
use CPAN::Meta::Requirements   ();

use CPAN::Sigstore::Error     ();
use CPAN::Sigstore::Installer ();
use CPAN::Sigstore::Mirror    ();
use CPAN::Sigstore::Release   ();

our $VERSION = '0.01';

# Largest package index, in bytes. CPAN's has 20 MiB.
my $INDEX_LIMIT = 256 * 1024 * 1024;

# cpm calls it with its context and the arguments behind the name of the class.
sub new {
    my ($class, $context, @arguments) = @_;
    my %options = CPAN::Sigstore::Installer->parse_options(@arguments);
    CPAN::Sigstore::Error->throw('configuration', 'expected cpan=URL, the CPAN to install from') if !defined $options{cpan};
    return bless {
        installer => CPAN::Sigstore::Installer->new(%options),
        mirror    => CPAN::Sigstore::Mirror->new($options{cpan}),
        # It is kept until cpm ends. The installers are other processes.
        folder    => File::Temp->newdir('cpm-sigstore-XXXXXXXX', TMPDIR => 1),
    }, $class;
}

# Where a package is: the copy of a release that was verified. After any failure the address is one of no file, because
# cpm would take an error for a reason to ask the next resolver.
sub resolve {
    my ($self, $context, $task) = @_;
    my $package = $task->{package};
    my $found   = eval { $self->_resolve($package, $task->{version_range}) };
    return $found if $found;
    my $message = CPAN::Sigstore::Error->of($@, 'program')->message;
    $message =~ s/[\x00-\x1F\x7F]/ /g;
    utf8::encode($message) if utf8::is_utf8($message);
    print {*STDERR} "App::cpm::Resolver::Sigstore: $package: $message\n";
    $context->log($message) if ref $context && eval { $context->can('log') };
    return { source => 'cpan', package => $package, version => 0, distfile => 'refused', uri => 'file://' . File::Spec->catfile($self->{folder}, 'refused') };
}

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('installer', $message);
}

sub _resolve {
    my ($self, $package, $range) = @_;
    my ($version, $path) = @{ $self->_index->{$package} || _fail('refused: the package index does not have it') };
    my $release = CPAN::Sigstore::Release->parse_path($path) // _fail("refused: expected the path of a release in the package index, found $path");
    _fail("refused: expected a version $range, found $version") if !_satisfies($package, $version, $range);
    my $file = $self->{verified}{$path} //= $self->_verified($release);
    return { source => 'cpan', package => $package, version => $version, distfile => $path, uri => "file://$file" };
}

sub _satisfies {
    my ($package, $version, $range) = @_;
    return 1 if !defined $range || $range eq q() || $range eq '0';
    # cpm has ranges such as `>= 1, < 2`.
    return eval { CPAN::Meta::Requirements->from_string_hash({ $package => $range })->accepts_module($package, $version eq 'undef' ? 0 : $version) };
}

# The file with the judged bytes, below a folder for its release: workers that run at the same time do not meet.
sub _verified {
    my ($self, $release) = @_;
    my $path  = $release->path;
    my $bytes = $self->{mirror}->fetch($path) // _fail("refused: the CPAN does not have $path");
    my $folder = File::Temp::tempdir('release-XXXXXXXX', DIR => "$self->{folder}");
    my ($download, $copy) = map { File::Spec->catfile($folder, $_) } 'download.' . $release->file, $release->file;
    open my $handle, '>:raw', $download or _fail("cannot write $download: $!");
    (print {$handle} $bytes) && close $handle or _fail("cannot write $download: $!");
    my $verdict = $self->{installer}->judge(
        release  => $path,
        archive  => $download,
        copy     => $copy,
        packages => $self->_packages($path),
        mirror   => $self->{mirror},
    );
    unlink $download;
    my $text = "$verdict->{finding}: $path" . ($verdict->{message} ne q() ? ": $verdict->{message}" : q()) . " (verified by $verdict->{verifier})";
    _fail("refused $text") if !$verdict->{admitted};
    utf8::encode($text) if utf8::is_utf8($text);
    print {*STDERR} "App::cpm::Resolver::Sigstore: warning: $text\n" if $verdict->{decision} eq 'warn';
    return $copy;
}

# Every package that leads to a release.
sub _packages {
    my ($self, $path) = @_;
    my $index = $self->_index;
    my $short = $path =~ s{\Aauthors/id/}{}r;
    return [ sort grep { $index->{$_}[1] eq $short } keys %$index ];
}

# The package index: versions and paths by packages. One that is there twice is left out, because clients differ.
sub _index {
    my ($self) = @_;
    return $self->{index} if $self->{index};
    my $packed = $self->{mirror}->fetch('modules/02packages.details.txt.gz', $INDEX_LIMIT) // _fail('cannot read the package index: the CPAN has none');
    my $text   = q();
    my $reader = IO::Uncompress::Gunzip->new(\$packed, MultiStream => 1) or _fail('cannot read the package index: expected gzip');
    while ((my $count = $reader->read($text, 1 << 20, length $text)) != 0) {
        _fail('cannot read the package index: expected gzip') if $count < 0;
        _fail("cannot read the package index: expected at most $INDEX_LIMIT bytes") if length $text > $INDEX_LIMIT;
    }
    my (undef, $lines) = split /\n\r?\n/, $text, 2;
    my (%index, %twice);
    for my $line (split /\r?\n/, $lines // q()) {
        my ($package, $version, $path, @more) = split q( ), $line;
        next if !defined $path || @more;
        $twice{$package} = 1 if exists $index{$package};
        $index{$package} = [ $version, $path ];
    }
    delete @index{ keys %twice };
    return $self->{index} = \%index;
}

1;

__END__

=head1 NAME

App::cpm::Resolver::Sigstore - install only releases that their authors signed, with cpm

=head1 SYNOPSIS

    cpm install --no-default-resolvers \
        --resolver Sigstore,cpan=https://www.cpan.org/,policy=policy.toml,trusted-root=trusted_root.json Foo::Bar

=head1 DESCRIPTION

A resolver of cpm. It finds a package in the package index of a CPAN, downloads the
release, and verifies that its author signed it and that your policy admits it. cpm
then unpacks the file with the very bytes that were verified.

If the program C<cpan-sigstore> is installed, it decides; otherwise
L<CPAN::Sigstore::Installer> does. The options are those of
L<CPAN::Plugin::Sigstore>, and C<cpan> is required.

Dependencies are resolved in the same way. If a release is refused, the resolver
prints the reason, and cpm reports C<FAIL fetch>. The resolver never answers that
another one should be asked. State C<--no-default-resolvers> nevertheless, and name
this resolver first.

=head1 LIMITS

=over

=item *

cpm asks no resolver for files, addresses, git repositories and distributions on its
command line, and for C<git>, C<url>, C<dist> and C<mirror> in a F<cpanfile>. Those
are not verified.

=item *

cpm does not ask for a module that is installed already.

=item *

Nobody signs the package index. A mirror can hold back a newer version. The program
remembers the newest admitted release and the owners of packages; the modules do not.

=item *

The limits of the modules in L<CPAN::Plugin::Sigstore> apply here, too.

=back

=head1 METHODS

=head2 new(CONTEXT, OPTIONS)

=head2 resolve(CONTEXT, TASK)

cpm calls them.

=cut
