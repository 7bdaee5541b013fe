use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Project  qw(project release);
use Recorder ();

use Path::Tiny qw(path);
use Test::More;

my $RESUME = qr/to go on with this archive: \S+cpan-sigstore release --bundle=\S+ -- Foo-Bar-1\.02\.tar\.gz/;

sub failing {
    my ($end) = @_;
    my $recorder = Recorder->new(end => $end);
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    return release(project());
}

my @cases = (
    [ 1,  qr/it failed \(exit code 1\); see what it says above/,                        1 ],
    [ 2,  qr/does not understand how it was called \(exit code 2\); install a version/, 0 ],
    [ 3,  qr/service is down or has not answered yet \(exit code 3\); try again later/, 1 ],
    [ 11, qr/bundle does not verify, or other bytes were published \(exit code 11\)/,      1 ],
    [ 12, qr/somebody else who logged in or signed \(exit code 12\); log in as the one/,   0 ],
    [ 14, qr/archive has defects, and nothing was signed \(exit code 14\); mend/,       0 ],
    [ 77, qr/does not know \(exit code 77\)/,                                           1 ],
);
for my $case (@cases) {
    my ($code, $words, $resumable) = @{$case};
    my $error = failing("exit $code");
    like $error, qr/the release is not done/, "exit code $code ends the release";
    like $error, $words, "exit code $code is explained";
    if   ($resumable) { like $error,   $RESUME, "exit code $code shows how to go on" }
    else              { unlike $error, $RESUME, "exit code $code needs a new archive or login" }
    unlike $error, qr/s3cret|pause-file/, "exit code $code tells no secret";
}

my $killed = failing('kill KILL => $$');
like $killed, qr/it was killed by SIGKILL; see what/, 'names the signal';
like $killed, $RESUME, 'and says how to resume';

{
    my $recorder = Recorder->new(end => 'exit 1');
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project([ 'SigStore::SignRelease' => { identity => q(o'neil; x@example.org) } ],
        [ '%PAUSE' => { username => 'AUTHOR', password => 's3cret' } ]);
    like release($project), qr/ '--identity=o'\\''neil; x\@example\.org' /, 'quotes the command for a shell';
}

{
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project();
    $project->build;
    my $plugin = $project->plugin_named('SigStore::SignRelease');
    $plugin->before_release;
    path($recorder->program)->remove;
    is eval { $plugin->release('Foo-Bar-1.02.tar.gz'); 1 }, undef, 'fails if the program has disappeared';
    like $@, qr/could not start \S+: No such file/, 'is an error';
}

done_testing;
