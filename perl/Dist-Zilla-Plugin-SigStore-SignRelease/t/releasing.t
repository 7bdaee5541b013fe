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

# Releases with the plugin's attributes as given; gives the project and the recorder.
sub released {
    my ($attributes, @others) = @_;
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project([ 'SigStore::SignRelease' => $attributes ], @others);
    is release($project), q(), 'released';
    is $recorder->calls, 1, 'with one call';
    return ($project, $recorder);
}

subtest 'without attributes' => sub {
    my ($project, $recorder) = released({}, $PAUSE);
    is_deeply [ $recorder->arguments ],
        [ 'release', '--pause-file=PIPE', "--bundle=$ARCHIVE.sigstore.json", '--', $ARCHIVE ],
        'archive, bundle and credentials are handed over';
    is $recorder->pause, "user AUTHOR\npassword s3cret pass\n", 'the credentials through a pipe';
    ok $project->root->child($ARCHIVE)->exists, 'and the archive is there';
};

subtest 'every attribute reaches the program' => sub {
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
        ], 'and the retries of UploadToCPAN are accepted';
};

subtest 'without an upload no credentials are asked for' => sub {
    my ($project, $recorder)
        = released({ upload_to_cpan => 0, wait => 1, subdir => 'sub', upload_uri => 'http://127.0.0.1:1/' });
    is_deeply [ $recorder->arguments ], [ 'release', "--bundle=$ARCHIVE.sigstore.json", '--no-upload', '--', $ARCHIVE ],
        'nor is anything said about uploading';
};

subtest 'credentials of ~/.pause' => sub {
    my $file = home->child('.pause');
    $file->spew("# mine\nuser AUTHOR\npassword of the file\nnon_interactive 1\n");
    my ($project, $recorder) = released({});
    is $recorder->pause, "user AUTHOR\npassword of the file\n", 'through the same pipe';

    ($project, $recorder) = released({}, $PAUSE);
    is $recorder->pause, "user AUTHOR\npassword s3cret pass\n", 'after those of a stash';

    $file->spew("token AUTHOR:17:abc\n");
    ($project, $recorder) = released({});
    is $recorder->pause, "token AUTHOR:17:abc\n", 'a token will do';
    $file->remove;

    home->child('elsewhere')->spew("user OTHER\npassword elsewhere\n");
    ($project, $recorder) = released({ pause_cfg_file => 'elsewhere' });
    is $recorder->pause, "user OTHER\npassword elsewhere\n", 'pause_cfg_file names another file';
};

subtest 'credentials that are typed' => sub {
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my $project = project('SigStore::SignRelease');
    $project->chrome->set_response_for('PAUSE username: '            => 'AUTHOR');
    $project->chrome->set_response_for('PAUSE password for AUTHOR: ' => "t\x{fd}ped");
    is release($project), q(), 'released';
    is $recorder->pause, "user AUTHOR\npassword t\xc3\xbdped\n", 'through the pipe, in UTF-8';
};

subtest 'a token in the environment comes first' => sub {
    local $ENV{PAUSE_TOKEN} = 'AUTHOR:17:abc';
    my ($project, $recorder) = released({}, $PAUSE);
    is $recorder->pause, undef, 'and nothing else is handed over';
    ok((grep { $_ eq 'PAUSE_TOKEN=AUTHOR:17:abc' } $recorder->environment), 'the program finds it there');
};

subtest 'the password is in no argument, environment, log or file' => sub {
    my ($project, $recorder) = released({}, $PAUSE);
    like $recorder->pause, qr/s3cret/, 'the program has it';
    for my $place ('arguments', 'environment') {
        is_deeply [ grep {/s3cret/} $recorder->$place ], [], "not in its $place";
    }
    is_deeply [ grep {/s3cret/} @{ $project->log_messages } ], [], 'not in the log';
    my @holding;
    path($project->tempdir)->visit(
        sub { push @holding, $_->basename if $_->is_file && $_->slurp_raw =~ /s3cret/ },
        { recurse => 1 },
    );
    is_deeply [ sort @holding ], [ 'dist.ini', 'dist.ini' ], 'in no file but where this test wrote it';
};

done_testing;
