# What the plugin of this name got wrong before it was written anew.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use AfterRelease ();
use Project      qw(project release);
use Recorder     ();

use IO::Socket::INET ();
use Path::Tiny       qw(path tempdir);
use Test::More;

my @PAUSE = [ '%PAUSE' => { username => 'AUTHOR', password => 's3cret' } ];

subtest 'shell quoting: no character of a name has a meaning' => sub {
    my $folder   = tempdir();
    my $identity = qq(o'neil "x"; touch $folder/owned1 `touch $folder/owned2`);
    for my $archive (qq(it's "a"; touch $folder/owned3 #.tar.gz), "-\$(touch $folder/owned4) | &.tar.gz", "two\nlines.tar.gz") {
        my $recorder = Recorder->new;
        local $ENV{CPAN_SIGSTORE} = $recorder->program;
        my $project = project([ 'SigStore::SignRelease' => { identity => $identity } ], @PAUSE);
        $project->plugin_named('SigStore::SignRelease')->release($archive);
        is_deeply [ $recorder->arguments ],
            [ 'release', '--pause-file=PIPE', "--bundle=$archive.sigstore.json", "--identity=$identity", '--', $archive ],
            'passed on as they are';
    }
    is_deeply [ path($folder)->children ], [], 'and nothing was run';
};

subtest 'trusts the identity that the bundle claims: the plugin reads no bundle' => sub {
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project([ 'SigStore::SignRelease' => { identity => 'author@example.org' } ], @PAUSE);
    my $planted = $project->root->child('Foo-Bar-1.02.tar.gz.sigstore.json');
    $planted->mkdir;
    is release($project), q(), 'released with something in its place that cannot be read';
    is_deeply [ grep {/identity/} $recorder->arguments ], ['--identity=author@example.org'], 'as who the author said';
};

subtest 'archive uploaded before bundle: one program uploads both, and the plugin nothing' => sub {
    my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "cannot listen: $!";
    $server->blocking(0);
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $uri     = 'http://127.0.0.1:' . $server->sockport . '/';
    my $project = project([ 'SigStore::SignRelease' => { upload_uri => $uri } ], @PAUSE);
    is release($project), q(), 'released';
    is $recorder->calls, 1, 'one call for both files';
    ok !$server->accept, 'and no connection by the plugin';
};

subtest 'a failed signing ends as a success: it does not, and nothing comes after it' => sub {
    my $recorder = Recorder->new(end => 'exit 12');
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project('SigStore::SignRelease', '=AfterRelease', @PAUSE);
    isnt release($project), q(), 'an error';
    is $AfterRelease::CALLS, 0, 'no phase AfterRelease';
};

done_testing;
