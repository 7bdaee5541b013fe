use 5.020;
use strict;
use warnings;

use FindBin     ();
use POSIX       ();
use Test::More;
use Time::HiRes qw(sleep time);

use PAUSE::Sigstore::Program ();

my $LONG = 20;

sub run {
    my ($how, $timeout) = @_;
    return PAUSE::Sigstore::Program->run(command => [$^X, "$FindBin::Bin/lib/fake-gate", $how], timeout => $timeout // $LONG);
}

# Whether a process of this group still runs. A killed process needs a moment to end.
sub is_running {
    my ($mark) = @_;
    my $end = time + 10;
    while (is_there($mark)) {
        return 1 if time > $end;
        sleep 0.01;
    }
    return 0;
}

sub is_there {
    my ($mark) = @_;
    return scalar grep { /fake-gate \Q$mark\E\s*\z/ } map { tr/\0/ /r } map { slurp($_) } glob '/proc/[0-9]*/cmdline';
}

sub slurp {
    open my $handle, '<', $_[0] or return q();
    local $/;
    return scalar(<$handle>) // q();
}

for my $how (qw(hangs closes ignores both)) {
    my $begun = time;
    my $run   = run($how, 0.3);
    ok $run->{timed_out}, "ends a gate that $how";
    cmp_ok time - $begun, '<', 10, 'in time';
    ok !is_running($how), 'and all of its processes' if -d '/proc/self';
}

my $left = run('leaves');
is $left->{code}, 0, 'waits for no child that the gate leaves';
is $left->{output}, "answer\n", 'and has its answer';
ok !is_running('leaves'), 'and ends the child' if -d '/proc/self';

ok run('floods')->{too_long}, 'ends a gate that floods its output';
ok length run('floods')->{output} < 100_000, 'and keeps a part of it alone';
ok run('floods errors', 0.5)->{timed_out}, 'ends a gate that floods its errors';
my $much = run('much error');
is $much->{output}, "answer\n", 'reads an answer after many errors';
ok length $much->{errors} <= 4096, 'and keeps a part of them alone';

is run('crashes')->{signal}, 11, 'reports a crash';
my $failed = run('fails');
is $failed->{code},   1,             'reports a failure';
is $failed->{errors}, "error: no\n", 'and what the gate says';
my $slow = run('slow');
is_deeply [@{$slow}{qw(code output)}], [0, "answer\n"], 'reads the answer of a slow gate';
is run('input')->{output}, "none\n", 'gives it no input';

my $missing = PAUSE::Sigstore::Program->run(command => ['/nowhere/gate'], timeout => $LONG);
is $missing->{code}, 127, 'reports a program that is missing';

{
    local $ENV{PAUSE_DATABASE_PASSWORD} = 'secret';
    unlike run('environment')->{output}, qr/PAUSE_DATABASE_PASSWORD/, 'hands down no secret of the daemon';
}
SKIP: {
    skip 'needs /proc', 2 if !-d '/proc/self/fd';
    open my $secret, '>', "/tmp/secret-$$" or die "cannot write: $!\n";
    unlink "/tmp/secret-$$";
    # As drivers of databases open their connections.
    fcntl $secret, 2, 0;
    is run('descriptors')->{output}, q(), 'hands down no open file of the daemon';
    my $high = POSIX::dup2(fileno $secret, 300) or die "cannot copy a descriptor: $!\n";
    is run('descriptors')->{output}, q(), 'nor one of many';
    POSIX::close($high);
}

{
    # As a handler of a signal could.
    no warnings 'redefine';
    local *PAUSE::Sigstore::Program::_wait_for = sub { die "interrupted\n" };
    is run('lasts')->{error}, "interrupted\n", 'reports its own fault';
    ok !is_running('lasts'), 'and ends the gate' if -d '/proc/self';
}
is waitpid(-1, POSIX::WNOHANG()), -1, 'leaves no child behind';

{
    # A daemon that reaps its children by itself.
    local $SIG{CHLD} = 'IGNORE';
    is run('fails')->{code}, 1, 'gets the exit code although children are reaped';
}

done_testing;
