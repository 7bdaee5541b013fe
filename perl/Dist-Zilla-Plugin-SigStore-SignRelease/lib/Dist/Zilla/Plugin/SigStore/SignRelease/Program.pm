package Dist::Zilla::Plugin::SigStore::SignRelease::Program;

use 5.020;
use strict;
use warnings;

use Config      ();
use Fcntl       qw(F_GETFD F_SETFD FD_CLOEXEC);
use File::Spec  ();
use File::Which ();
use version     ();

our $VERSION = '1.00';

my $NAME = 'cpan-sigstore';

# The first version that has the command `release`.
my $OLDEST = version->declare('0.1.0');

# Every pipe holds as many bytes, so writing them before anybody reads cannot hang.
my $PIPE_LIMIT = 4096;

sub find {
    my ($class) = @_;
    my $path = _path();

    no warnings 'exec';    # The message below is better.
    open my $answer, '-|', $path, '--version'
        or die "cannot run $path: $!; install $NAME, or name it with CPAN_SIGSTORE\n";
    my $line = readline $answer;
    close $answer or $line = undef;

    my ($found) = ($line // q()) =~ /\A\Q$NAME\E ([0-9]+\.[0-9]+\.[0-9]+)/
        or die "invalid program $path: expected $NAME with its version, found another one;"
        . " install $NAME, or name it with CPAN_SIGSTORE\n";
    $found = version->declare($found);
    die "invalid version of $path: expected $NAME $OLDEST or newer, found $found; install a newer one\n" if $found < $OLDEST;

    return bless { path => $path }, $class;
}

# If the named program cannot be used, that is an error: the author meant no other one.
sub _path {
    my $named = $ENV{CPAN_SIGSTORE};
    if (!defined $named || !length $named) {
        return File::Which::which($NAME)
            // die "cannot find $NAME in PATH; install it, or name it with CPAN_SIGSTORE\n";
    }
    my $path = File::Which::which($named);
    die "invalid CPAN_SIGSTORE: expected an executable program, found $named\n" if !defined $path;
    return File::Spec->rel2abs($path);
}

sub path { return $_[0]{path} }

# The program gets the terminal as it is, so that a login works. It gets a list of arguments, never a shell.
# Secrets go through a pipe that the program inherits. Others can read the command line and the environment,
# and a file would stay.
sub run {
    my ($self, $secret, @arguments) = @_;

    my $pipe;
    if (defined $secret) {
        $pipe = _pipe_with($secret);
        unshift @arguments, '--pause-file=/dev/fd/' . fileno $pipe;
    }
    no warnings 'exec';    # The status shows it.
    my $status = system { $self->{path} } $self->{path}, 'release', @arguments;
    my $error  = $!;
    close $pipe or die "cannot close a pipe: $!\n" if $pipe;

    return { started => 0, error => "$error" } if $status == -1;
    return { started => 1, signal => _signal($status & 127) } if $status & 127;
    return { started => 1, code => $status >> 8 };
}

sub _pipe_with {
    my ($secret) = @_;
    die "invalid credentials: expected at most $PIPE_LIMIT bytes, found more\n" if length $secret > $PIPE_LIMIT;

    pipe my $reader, my $writer or die "cannot create a pipe for the credentials: $!\n";
    my $written = syswrite $writer, $secret;
    die "cannot write the credentials to a pipe: $!\n" if !defined $written || $written != length $secret;
    close $writer or die "cannot close a pipe: $!\n";

    my $flags = fcntl $reader, F_GETFD, 0 or die "cannot pass a pipe to the program: $!\n";
    fcntl $reader, F_SETFD, $flags & ~FD_CLOEXEC or die "cannot pass a pipe to the program: $!\n";
    return $reader;
}

sub _signal {
    my ($number) = @_;
    my $name = (split q( ), $Config::Config{sig_name})[$number];
    return defined $name ? "SIG$name" : $number;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Dist::Zilla::Plugin::SigStore::SignRelease::Program - the program cpan-sigstore

=head1 SYNOPSIS

    my $program = Dist::Zilla::Plugin::SigStore::SignRelease::Program->find;
    my $end     = $program->run("user ID\npassword ...\n", '--wait', '--', 'Foo-Bar-1.02.tar.gz');

=head1 DESCRIPTION

Finds and runs C<cpan-sigstore release>. It belongs to
L<Dist::Zilla::Plugin::SigStore::SignRelease> and may change with it.

=head1 METHODS

=head2 find

Finds the program that C<CPAN_SIGSTORE> names, a path or a name in C<PATH>, or
else C<cpan-sigstore> in C<PATH>. Dies with a message when there is none, when
it cannot be run, when it is another program, or when it is too old.

=head2 path

Where the program is.

=head2 run

    my $end = $program->run($secret, @arguments);

Runs C<cpan-sigstore release> with the arguments. Standard input, output and
error are those of the caller. C<$secret>, unless undefined, is the text of a
F<.pause> file; the program reads it from a pipe.

Returns how it ended: C<started> is false when it could not be started, and
C<error> says why; C<signal> names the signal that killed it; C<code> is its
exit code.

=head1 LICENSE

This module may be used under the terms of the MIT license or of the Apache
License, version 2.0, at your choice.

=cut
