# Flaws of this plugin before it was rewritten.
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

subtest 'shell quoting: passes every character of a name unchanged' => sub {
    my $folder   = tempdir();
    my $identity = qq(o'neil "x"; touch $folder/owned1 `touch $folder/owned2`);
    for my $archive (qq(it's "a"; touch $folder/owned3 #.tar.gz), "-\$(touch $folder/owned4) | &.tar.gz", "two\nlines.tar.gz") {
        my $recorder = Recorder->new;
        local $ENV{CPAN_SIGSTORE} = $recorder->program;
        my $project = project([ 'SigStore::SignRelease' => { identity => $identity } ], @PAUSE);
        $project->plugin_named('SigStore::SignRelease')->release($archive);
        is_deeply [ $recorder->arguments ],
            [ 'release', '--pause-file=PIPE', "--bundle=$archive.sigstore.json", "--identity=$identity", '--', $archive ],
            'passes the name unchanged';
    }
    is_deeply [ path($folder)->children ], [], 'and runs nothing';
};

subtest 'identity from the bundle: never reads the bundle' => sub {
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project([ 'SigStore::SignRelease' => { identity => 'author@example.org' } ], @PAUSE);
    my $planted = $project->root->child('Foo-Bar-1.02.tar.gz.sigstore.json');
    $planted->mkdir;
    is release($project), q(), 'releases with an unreadable file in place of the bundle';
    is_deeply [ grep {/identity/} $recorder->arguments ], ['--identity=author@example.org'], 'with the identity that the author configured';
};

subtest 'archive uploaded before bundle: leaves both uploads to the program' => sub {
    my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "cannot listen: $!";
    $server->blocking(0);
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $uri     = 'http://127.0.0.1:' . $server->sockport . '/';
    my $project = project([ 'SigStore::SignRelease' => { upload_uri => $uri } ], @PAUSE);
    is release($project), q(), 'released';
    is $recorder->calls, 1, 'calls the program once for both files';
    ok !$server->accept, 'and opens no connection';
};

subtest 'failed signing: fails and runs no later phase' => sub {
    my $recorder = Recorder->new(end => 'exit 12');
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project('SigStore::SignRelease', '=AfterRelease', @PAUSE);
    isnt release($project), q(), 'an error';
    is $AfterRelease::CALLS, 0, 'runs no phase AfterRelease';
};

done_testing;
