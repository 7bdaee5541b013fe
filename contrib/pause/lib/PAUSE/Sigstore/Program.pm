package PAUSE::Sigstore::Program;
use 5.020;
use strict;
use warnings;

use Errno      qw(EAGAIN EINTR);
use IO::Handle ();
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use POSIX ();
use Time::HiRes qw(CLOCK_MONOTONIC clock_gettime);

our $VERSION = '0.01';

# Largest answer, and most of the errors that are kept, in bytes.
my $LONGEST = 64 * 1024;
my $ERRORS  = 4096;
# Seconds between two looks whether the program has ended.
my $LOOK = 0.02;
# File descriptors that the program does not inherit, such as that of the database, where the system lists none.
my $DESCRIPTORS = 255;
# Variables that it does.
my @ENVIRONMENT = qw(PATH HOME TZ CPAN_SIGSTORE_CONFIG CPAN_SIGSTORE_CACHE CPAN_SIGSTORE_DATA CPAN_SIGSTORE_TRUST_STORE CPAN_SIGSTORE_POLICY);

# Runs a command in a process group of its own, and ends it with the whole group. Returns a hash: `code` and `output`,
# or one of `error`, `timed_out`, `too_long` and `signal`.
sub run {
    my ($class, %input) = @_;
    # A handler of the daemon would take the exit code away.
    local $SIG{CHLD} = 'DEFAULT';
    local $SIG{PIPE} = 'IGNORE';
    my $end = _now() + $input{timeout};

    my ($out, $out_writer, $err, $err_writer);
    pipe($out, $out_writer) && pipe($err, $err_writer) or return { error => "cannot open a pipe: $!" };
    my $pid = fork;
    return { error => "cannot fork: $!" } if !defined $pid;
    if (!$pid) { _become($input{command}, $out_writer, $err_writer) }
    close $out_writer;
    close $err_writer;
    # In the parent, too, because either process may come first.
    setpgrp $pid, $pid;

    my $result = eval { _watch($pid, $end, $out, $err) };
    return $result if $result;
    # A fault of this module, or of a handler of a signal. No process remains.
    my $fault = $@;
    _kill($pid);
    return { error => $fault };
}

# Reads the output of a process until it ends, and ends it if it takes too long or writes too much.
sub _watch {
    my ($pid, $end, $out, $err) = @_;
    my %kept = (output => q(), errors => q());
    _prepare($_) for $out, $err;
    my $status;
    until (defined $status) {
        my $left = $end - _now();
        if ($left <= 0 || length $kept{output} > $LONGEST) {
            _kill($pid);
            return { %kept, $left <= 0 ? (timed_out => 1) : (too_long => 1) };
        }
        _wait_for($out, $err, $left < $LOOK ? $left : $LOOK);
        _drain($out, \$kept{output}, $LONGEST + 1);
        _drain($err, \$kept{errors}, $ERRORS);
        $status = $? if waitpid($pid, POSIX::WNOHANG()) == $pid;
    }
    # Children of it that remain would hold the pipe open.
    kill KILL => -$pid;
    _drain($out, \$kept{output}, $LONGEST + 1);
    _drain($err, \$kept{errors}, $ERRORS);
    return { %kept, too_long => 1 }              if length $kept{output} > $LONGEST;
    return { %kept, signal   => $status & 0x7f } if $status & 0x7f;
    return { %kept, code => $status >> 8 };
}

# The child: never returns, and runs no destructor, which could close a connection of the daemon.
sub _become {
    my ($command, $out, $err) = @_;
    setpgrp 0, 0;
    my $null = POSIX::open('/dev/null', POSIX::O_RDONLY());
    POSIX::dup2($null, 0);
    POSIX::dup2(fileno $out, 1);
    POSIX::dup2(fileno $err, 2);
    POSIX::close($_) for _descriptors();
    my %environment = map { $_ => $ENV{$_} } grep { defined $ENV{$_} } @ENVIRONMENT;
    $environment{LC_ALL} = 'C';
    local %ENV = %environment;
    no warnings 'exec';
    exec { $command->[0] } @{$command};
    POSIX::_exit(127);
}

# All open descriptors except the first three, where the system lists them.
sub _descriptors {
    opendir my $folder, '/proc/self/fd' or return 3 .. $DESCRIPTORS;
    return grep { /\A[0-9]+\z/ && $_ > 2 } readdir $folder;
}

sub _wait_for {
    my ($out, $err, $seconds) = @_;
    my $bits = q();
    for my $handle ($out, $err) {
        vec($bits, fileno $handle, 1) = 1 if $handle->opened;
    }
    select $bits, undef, undef, $seconds;
    return;
}

# Reads what is there. Closes the handle at its end, so that nothing waits for it again.
sub _drain {
    my ($handle, $kept, $limit) = @_;
    while ($handle->opened) {
        my $count = sysread $handle, my $part, 8192;
        if (!defined $count) {
            return if $!{EAGAIN} || !$!{EINTR};
            next;
        }
        if (!$count) {
            close $handle;
            return;
        }
        my $room = $limit - length ${$kept};
        ${$kept} .= substr $part, 0, $room if $room > 0;
        # A program that writes without end is stopped by the caller.
        return if $room <= $count;
    }
    return;
}

sub _prepare {
    my ($handle) = @_;
    # The environment can ask for characters in place of bytes.
    binmode $handle;
    my $flags = fcntl $handle, F_GETFL, 0;
    fcntl $handle, F_SETFL, $flags | O_NONBLOCK;
    return;
}

sub _kill {
    my ($pid) = @_;
    kill KILL => -$pid;
    kill KILL => $pid;
    waitpid $pid, 0;
    return;
}

sub _now { return clock_gettime(CLOCK_MONOTONIC) }

1;
