package CPAN::Sigstore::Program;
use 5.016;
use strict;
use warnings;

use File::Spec ();

use CPAN::Sigstore::Error ();
use CPAN::Sigstore::JSON  ();

our $VERSION = '0.01';

# Largest answer that is read, in bytes.
my $ANSWER_LIMIT = 1 << 20;

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('program', $message);
}

# The program cpan-sigstore, or nothing if it is not installed.
sub find {
    my ($class) = @_;
    my $named = $ENV{CPAN_SIGSTORE} // q();
    my (undef, $folder) = File::Spec->splitpath($named);
    my $path = $folder eq q() ? in_path($named eq q() ? 'cpan-sigstore' : $named) : File::Spec->rel2abs($named);
    _fail("invalid CPAN_SIGSTORE: expected an executable program, found $named")
        if $named ne q() && !(defined $path && -f $path && -x _);
    return defined $path ? $class->new($path) : undef;
}

# The program of this name in PATH, or undef. A folder that is not absolute could be somebody else's.
sub in_path {
    my ($name) = @_;
    my ($path) = grep { -f && -x _ } map { File::Spec->catfile($_, $name) }
        grep { File::Spec->file_name_is_absolute($_) } File::Spec->path;
    return $path;
}

sub new {
    my ($class, $path) = @_;
    return bless { path => $path }, $class;
}

sub path { return $_[0]{path} }

# Its name and version, as it states them.
sub name {
    my ($self) = @_;
    my ($status, $output) = $self->_run('--version');
    $output =~ /\A(cpan-sigstore [0-9]+\.[0-9]+\.[0-9]+)\b/ && $status == 0
        or _fail("invalid program: expected cpan-sigstore, found another one at $self->{path}");
    return $1;
}

# Verifies a file against an identity. Returns the program's verdict.
sub verify {
    my ($self, %input) = @_;
    my @options = (
        '--bundle'                  => $input{bundle},
        '--certificate-identity'    => $input{identity},
        '--certificate-oidc-issuer' => $input{issuer},
    );
    push @options, '--trusted-root' => $input{trusted_root} if defined $input{trusted_root};
    # A value behind an equals sign is never an option itself.
    my @arguments;
    while (my ($option, $value) = splice @options, 0, 2) { push @arguments, "$option=$value" }
    my ($status, $output) = $self->_run('verify', '--json', @arguments, '--', $input{file});
    _fail("cannot verify with $self->{path}: it was killed by the signal " . ($status & 0x7F)) if $status & 0xFF;
    my $exit = $status >> 8;
    my $verdict = eval { CPAN::Sigstore::JSON::decode($output) };
    _fail("cannot verify with $self->{path}: it failed with the exit code $exit") if ref $verdict ne 'HASH';
    my $stated = $verdict->{exit};
    my ($finding, $decision) = map { defined && !ref ? $_ : q() } @{$verdict}{qw(finding decision)};
    _fail("cannot verify with $self->{path}: it contradicts itself")
        if ref $stated ne 'CPAN::Sigstore::JSON::Number' || $stated->text ne $exit || $finding eq q()
        || ($exit == 0) != ($finding eq 'trusted' && $decision eq 'allow');
    return $verdict;
}

sub _run {
    my ($self, @arguments) = @_;
    # Where children are not waited for, their exit code is lost.
    local $SIG{CHLD} = 'DEFAULT';
    open my $handle, '-|', $self->{path}, @arguments or _fail("cannot run $self->{path}: $!");
    binmode $handle;
    my $output = q();
    my $count = read $handle, $output, $ANSWER_LIMIT + 1;
    _fail("cannot run $self->{path}: expected an answer of at most $ANSWER_LIMIT bytes") if !defined $count || $count > $ANSWER_LIMIT;
    local ($!, $?);
    close $handle;
    return ($?, $output);
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Program - the program cpan-sigstore, by its JSON interface

=head1 SYNOPSIS

    use CPAN::Sigstore::Program;

    my $program = CPAN::Sigstore::Program->find or die "it is not installed\n";
    my $verdict = $program->verify(
        file     => 'Foo-Bar-1.02.tar.gz',
        bundle   => 'Foo-Bar-1.02.tar.gz.sigstore.json',
        identity => 'author@example.org',
        issuer   => 'https://accounts.google.com',
    );
    print $verdict->{finding};

=head1 METHODS

=head2 find

Returns the program that C<CPAN_SIGSTORE> names by a path or by a name in
C<PATH>, or else C<cpan-sigstore> in C<PATH>, or C<undef>.

=head2 new(PATH)

=head2 path

=head2 name

The program at a path, that path, and its name with its version.

=head2 verify(file => ..., bundle => ..., identity => ..., issuer => ..., trusted_root => ...)

Returns the verdict, as read from JSON. It throws a L<CPAN::Sigstore::Error> with
the code C<program> if the program fails, or if exit code, finding and decision
contradict each other.

=head1 FUNCTIONS

=head2 in_path(NAME)

Returns the path of the program in the first absolute folder of C<PATH> that has
it, or C<undef>.

=cut
