use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Project  qw(project release home);
use Recorder ();

use Test::More;

my $PAUSE = [ '%PAUSE' => { username => 'AUTHOR', password => 's3cret pass' } ];
my $good  = Recorder->new;

# Expects this error before the archive is built and before the program releases.
sub refused {
    my ($why, $error, @plugins) = @_;
    my $project = project(@plugins);
    like release($project), $error, "$why: refused";
    ok !$project->built_in, "$why: nothing is built";
    ok !$project->root->child('Foo-Bar-1.02.tar.gz')->exists, "$why: no archive";
    is $good->calls, 0, "$why: no release";
    return $project;
}

subtest 'the program' => sub {
    {
        local $ENV{PATH} = home->child('empty')->mkdir;
        refused('missing', qr/cannot find cpan-sigstore in PATH; install it, or name it with CPAN_SIGSTORE/);
    }
    {
        my $file = home->child('not-executable');
        $file->spew("#!/bin/sh\n");
        local $ENV{CPAN_SIGSTORE} = "$file";
        refused('not executable', qr/invalid CPAN_SIGSTORE: expected an executable program, found \S+not-executable/);
    }
    {
        my $file = home->child('broken');
        $file->spew("#!/nowhere/interpreter\n");
        $file->chmod(0755);
        local $ENV{CPAN_SIGSTORE} = "$file";
        refused('cannot be started', qr/cannot run \S+broken: No such file/);
    }
    for my $other ("something else 9.9.9\n", "cpan-sigstore\n", q()) {
        my $recorder = Recorder->new(version => $other);
        local $ENV{CPAN_SIGSTORE} = $recorder->program;
        refused('another program', qr/expected cpan-sigstore with its version, found another one/);
    }
    {
        my $recorder = Recorder->new(version => "cpan-sigstore 0.0.12\n");
        local $ENV{CPAN_SIGSTORE} = $recorder->program;
        refused('too old', qr/expected cpan-sigstore v?0\.1\.0 or newer, found v?0\.0\.12/);
    }
};

local $ENV{CPAN_SIGSTORE} = $good->program;

subtest 'credentials' => sub {
    refused('no user name', qr/cannot find a PAUSE username; put it under \[%PAUSE\]/, 'SigStore::SignRelease');
    refused('no password', qr/cannot find a PAUSE password/, [ 'SigStore::SignRelease' => { user => 'AUTHOR' } ]);
    for my $password ("line\nbreak", ' blank') {
        my $project = project('SigStore::SignRelease');
        $project->chrome->set_response_for('PAUSE username: '            => 'AUTHOR');
        $project->chrome->set_response_for('PAUSE password for AUTHOR: ' => $password);
        like release($project), qr/invalid PAUSE password: expected one without blanks at its ends/,
            'a password that no .pause could hold';
    }
    {
        local $ENV{PAUSE_TOKEN} = q();
        refused('empty token', qr/cannot find a PAUSE username/, 'SigStore::SignRelease');
    }
    my $file = home->child('.pause');
    $file->spew("user AUTHOR\npassword=s3cret\n");
    my $project = refused('malformed line', qr/cannot find a PAUSE username/, 'SigStore::SignRelease');
    my @log = @{ $project->log_messages };
    ok((grep {/invalid file \S+[.]pause: expected lines of `key value`/} @log), 'names the file');
    is_deeply [ grep {/s3cret/} @log ], [], 'and shows none of its content';
    $file->remove;
};

subtest 'refuses another plugin that uploads' => sub {
    refused('forgot to remove UploadToCPAN', qr/UploadToCPAN uploads too.*-remove = UploadToCPAN/,
        'UploadToCPAN', 'SigStore::SignRelease', $PAUSE);
    refused('after it', qr/UploadToCPAN uploads too/, 'SigStore::SignRelease', 'UploadToCPAN', $PAUSE);
    refused('in a bundle', qr{\@Basic/UploadToCPAN uploads too}, 'SigStore::SignRelease', '@Basic', $PAUSE);
    refused('twice itself', qr/again uploads too/, 'SigStore::SignRelease', [ 'SigStore::SignRelease' => 'again' ], $PAUSE);
};

subtest 'settings' => sub {
    for my $extension ('../sigstore.json', '..', 'a b', q(.)) {
        refused("extension $extension", qr/invalid sigstore_extension: .*found/,
            [ 'SigStore::SignRelease' => { sigstore_extension => $extension } ], $PAUSE);
    }
    refused('a password in the address', qr/invalid upload_uri: expected one without a password/,
        [ 'SigStore::SignRelease' => { upload_uri => 'https://AUTHOR:s3cret@127.0.0.1/' } ], $PAUSE);
    like eval { project([ 'SigStore::SignRelease' => { provider => 'gogle' } ]) } // $@, qr/provider.*gogle/,
        'an unknown provider';
    like eval { project([ 'SigStore::SignRelease' => { upload_to_cpan => 'no' } ]) } // $@, qr/upload_to_cpan.*no/,
        'a "no" is not taken for a yes';
};

subtest 'requires credentials only for a release that uploads' => sub {
    my $recorder = Recorder->new;
    local $ENV{CPAN_SIGSTORE} = $recorder->program;
    my @signs = [ 'SigStore::SignRelease' => { upload_to_cpan => 0 } ];
    is release(project(@signs, 'FakeRelease')), q(), 'leaves the upload to another plugin if it only signs';
    is $recorder->calls, 1, 'and signs';

    local $ENV{CPAN_SIGSTORE} = '/nowhere';
    my $project = project('SigStore::SignRelease', 'UploadToCPAN');
    is eval { $project->build; 1 }, 1, 'builds without them';
};

done_testing;
