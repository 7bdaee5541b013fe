use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Project  qw(project release home);
use Recorder ();

use Path::Tiny qw(path);
use Test::More;

my $ARCHIVE = 'Foo-Bar-1.02.tar.gz';
my $PAUSE   = [ '%PAUSE' => { username => 'AUTHOR', password => 's3cret pass' } ];

# Releases with these attributes of the plugin; returns project and recorder.
sub released {
    my ($attributes, @others) = @_;
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project([ 'SigStore::SignRelease' => $attributes ], @others);
    is release($project), q(), 'released';
    is $recorder->calls, 1, 'calls the program once';
    return ($project, $recorder);
}

subtest 'without attributes' => sub {
    my ($project, $recorder) = released({}, $PAUSE);
    is_deeply [ $recorder->arguments ],
        [ 'release', '--pause-file=PIPE', "--bundle=$ARCHIVE.sigstore.json", '--', $ARCHIVE ],
        'archive, bundle and credentials are handed over';
    is $recorder->pause, "user AUTHOR\npassword s3cret pass\n", 'passes the credentials through a pipe';
    ok $project->root->child($ARCHIVE)->exists, 'and keeps the archive';
};

subtest 'passes every attribute to the program' => sub {
    my %attributes = (
        identity           => 'author@example.org',
        issuer             => 'https://accounts.example.org',
        provider           => 'github',
        instance           => 'work',
        answer_yes         => 1,
        wait               => 1,
        sigstore_extension => '.bundle.json',
        upload_uri         => 'http://127.0.0.1:1/pause/authenquery?ACTION=add_uri',
        subdir             => 'sub',
        retries            => 5,
        retry_delay        => 1,
    );
    my ($project, $recorder) = released(\%attributes, $PAUSE);
    is_deeply [ $recorder->arguments ], [
        'release', '--pause-file=PIPE', "--bundle=$ARCHIVE.bundle.json", '--identity=author@example.org',
        '--issuer=https://accounts.example.org', '--provider=github', '--instance=work', '--yes', '--wait',
        '--upload-uri=http://127.0.0.1:1/pause/authenquery?ACTION=add_uri', '--subdirectory=sub', '--', $ARCHIVE,
        ], 'and accepts the retries of UploadToCPAN';
};

subtest 'asks for no credentials without an upload' => sub {
    my ($project, $recorder)
        = released({ upload_to_cpan => 0, wait => 1, subdir => 'sub', upload_uri => 'http://127.0.0.1:1/' });
    is_deeply [ $recorder->arguments ], [ 'release', "--bundle=$ARCHIVE.sigstore.json", '--no-upload', '--', $ARCHIVE ],
        'and reports nothing about uploading';
};

subtest 'reads credentials from ~/.pause' => sub {
    my $file = home->child('.pause');
    $file->spew("# mine\nuser AUTHOR\npassword of the file\nnon_interactive 1\n");
    my ($project, $recorder) = released({});
    is $recorder->pause, "user AUTHOR\npassword of the file\n", 'and passes them through the same pipe';

    ($project, $recorder) = released({}, $PAUSE);
    is $recorder->pause, "user AUTHOR\npassword s3cret pass\n", 'prefers those of a stash';

    $file->spew("token AUTHOR:17:abc\n");
    ($project, $recorder) = released({});
    is $recorder->pause, "token AUTHOR:17:abc\n", 'accepts a token';
    $file->remove;

    home->child('elsewhere')->spew("user OTHER\npassword elsewhere\n");
    ($project, $recorder) = released({ pause_cfg_file => 'elsewhere' });
    is $recorder->pause, "user OTHER\npassword elsewhere\n", 'pause_cfg_file names another file';
};

subtest 'asks for credentials' => sub {
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project('SigStore::SignRelease');
    $project->chrome->set_response_for('PAUSE username: '            => 'AUTHOR');
    $project->chrome->set_response_for('PAUSE password for AUTHOR: ' => "t\x{fd}ped");
    is release($project), q(), 'released';
    is $recorder->pause, "user AUTHOR\npassword t\xc3\xbdped\n", 'through the pipe, in UTF-8';
};

subtest 'prefers a token in the environment' => sub {
    local $ENV{PAUSE_TOKEN} = 'AUTHOR:17:abc';
    my ($project, $recorder) = released({}, $PAUSE);
    is $recorder->pause, undef, 'and passes nothing else';
    ok((grep { $_ eq 'PAUSE_TOKEN=AUTHOR:17:abc' } $recorder->environment), 'and passes the variable to the program');
};

subtest 'keeps the password out of arguments, environment, log and files' => sub {
    my ($project, $recorder) = released({}, $PAUSE);
    like $recorder->pause, qr/s3cret/, 'passes it to the program';
    for my $place ('arguments', 'environment') {
        is_deeply [ grep {/s3cret/} $recorder->$place ], [], "not in its $place";
    }
    is_deeply [ grep {/s3cret/} @{ $project->log_messages } ], [], 'keeps it out of the log';
    my @holding;
    path($project->tempdir)->visit(
        sub { push @holding, $_->basename if $_->is_file && $_->slurp_raw =~ /s3cret/ },
        { recurse => 1 },
    );
    is_deeply [ sort @holding ], [ 'dist.ini', 'dist.ini' ], 'keeps it out of all files but those of this test';
};

done_testing;
