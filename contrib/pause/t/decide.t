use 5.020;
use strict;
use warnings;

use FindBin ();
use Test::More;

use lib "$FindBin::Bin/lib";
use World ();

sub decision {
    my ($world, @upload) = @_;
    return $world->decide(@upload)->{decision};
}

subtest 'follows a valid answer' => sub {
    my $world = World->new;
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = World::honest();
    my $result = $world->decide($World::ARCHIVE);
    ok $result->publishes, 'publishes what the gate accepts';
    is $result->signer, 'tim@example.org (https://issuer.example)', 'and names the signer';
    $world->{behave} = World::honest(%World::LATER);
    ok $world->decide($World::ARCHIVE)->waits, 'waits when the gate says later';
    $world->{behave} = World::honest(%World::REJECTED);
    $result = $world->decide($World::ARCHIVE);
    ok $result->refused, 'refuses what the gate rejects';
    my ($subject, $text) = $result->mail_refused;
    is $subject, "Upload refused: $World::ARCHIVE", 'with a mail';
    like $text, qr/Not published[.]/, 'that has the reason';
};

subtest 'asks about nothing else' => sub {
    my $world = World->new;
    $world->record('signed');
    for my $name (qw(README Foo-1.0.meta Foo-1.0.readme CHECKSUMS notes.json Foo.pm)) {
        is decision($world, "$World::HOME/$name"), 'publish', $name;
    }
    is $world->{runs}, 0, 'and runs no gate';
};

subtest 'no failure publishes for an author whose record requires signatures' => sub {
    for my $failure (sort keys %World::FAILURES) {
        my $world = World->new;
        $world->record('signed');
        # A bundle alone proves nothing.
        $world->put($World::BUNDLE, 'bundle');
        $world->{behave} = $World::FAILURES{$failure};
        for my $path ($World::ARCHIVE, "$World::HOME/Foo-1.0.zip", $World::BUNDLE, $World::RECORD) {
            my $result = $world->decide($path);
            ok $result->waits, "a gate that $failure: $path" or diag explain $world->{log};
            is $result->reason, 'no-answer', 'without an answer';
        }
        like $world->{log}[0], qr/\Asigstore: wait /, 'and it is in the log';
    }
};

subtest 'no failure stops an author who requires nothing' => sub {
    for my $failure (sort keys %World::FAILURES) {
        for my $record (undef, 'mixed') {
            my $world = World->new;
            $world->record($record) if $record;
            $world->{behave} = $World::FAILURES{$failure};
            ok $world->decide($World::ARCHIVE)->publishes, "a gate that $failure";
            ok $world->decide($World::BUNDLE)->publishes,  'a first bundle';
            ok $world->decide("$World::HOME/TIM-sigstore-identities-2.json")->waits, 'but no record';
            $world->put($World::BUNDLE, 'bundle');
            ok $world->decide($World::BUNDLE)->waits, 'and no bundle over another';
        }
    }
};

subtest 'holds back nothing of an author who requires nothing, by a gate that says so' => sub {
    my $world = World->new;
    for my $wrong (\%World::REJECTED, \%World::LATER) {
        $world->{behave} = World::honest(%{$wrong}, required => JSON::PP::false());
        ok $world->decide($World::ARCHIVE)->publishes, $wrong->{decision};
    }
};

subtest 'publishes no archive whose bundle is not there, by a gate that says so' => sub {
    my $world = World->new;
    $world->{behave} = World::honest();
    $world->record('signed');
    ok $world->decide($World::ARCHIVE)->waits, 'no bundle';
    $world->put($World::BUNDLE, q());
    ok $world->decide($World::ARCHIVE)->waits, 'an empty one';
    $world->put($World::BUNDLE, 'bundle');
    ok $world->decide($World::ARCHIVE)->publishes, 'a bundle';
};

subtest 'remembers who requires signatures' => sub {
    my $world = World->new;
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = World::honest('record-version' => 2);
    $world->decide($World::ARCHIVE);
    # The record is deleted, and the gate loses its memory.
    $world->{behave} = World::honest(%World::OPEN);
    ok $world->decide($World::ARCHIVE)->waits, 'a gate that forgot it';
    $world->{behave} = World::honest(%World::OPEN, 'record-version' => 2);
    ok $world->decide($World::ARCHIVE)->waits, 'or takes it back';
    $world->{behave} = $World::FAILURES{hangs};
    ok $world->decide($World::ARCHIVE)->waits, 'or fails';
    # After three failures it is off for this author.
    $world->{now} += 3600;
    $world->{behave} = World::honest(%World::OPEN, 'record-version' => 3);
    ok $world->decide($World::ARCHIVE)->publishes, 'until a later record takes it back';
    $world->{behave} = $World::FAILURES{hangs};
    ok $world->decide($World::ARCHIVE)->publishes, 'for good';
};

subtest 'remembers no requirement of a record that was never verified' => sub {
    my $world = World->new;
    # Without trust material the gate is careful. Later it finds that nobody signed the record.
    $world->{behave} = World::honest(%World::LATER, 'record-version' => 0);
    ok $world->decide($World::ARCHIVE)->waits, 'waits with the gate';
    $world->{behave} = World::honest(%World::OPEN);
    ok $world->decide($World::ARCHIVE)->publishes, 'publishes with the gate';
};

subtest 'leaves the variables of the daemon alone' => sub {
    my $world = World->new;
    $world->{behave} = $World::FAILURES{dies};
    my $handled = 0;
    local $SIG{__DIE__} = sub { $handled++ };
    local $@ = 'an earlier error';
    local $? = 512;
    $world->decide($World::ARCHIVE);
    is $@, 'an earlier error', 'the last error';
    is $?, 512, 'the last status';
    is $handled, 0, 'and its handler';
};

subtest 'takes every sign of a record that may require signatures' => sub {
    my $hang = $World::FAILURES{hangs};
    my %signs = (
        'a later record' => sub { $_[0]->record('mixed'); $_[0]->record('signed', 2) },
        'an earlier one' => sub { $_[0]->record('signed'); $_[0]->record('mixed', 2) },
        'one in the middle of the names' => sub { $_[0]->record('signed', 7) },
        'one that cannot be read' => sub { mkdir $_[0]->published($World::HOME) =~ s/[^\/]*\z//r; File::Path::make_path($_[0]->published($World::RECORD)) },
        'a huge one' => sub { $_[0]->put($World::RECORD, 'x' x 100_000) },
        'a damaged flag' => sub { World::write_to("$_[0]{folder}/state/required/TIM", 'x') },
    );
    for my $sign (sort keys %signs) {
        my $world = World->new;
        $world->{behave} = $hang;
        $signs{$sign}->($world);
        ok $world->decide($World::ARCHIVE)->waits, $sign;
        ok $world->decide('T/TI/TIMB/Foo-1.0.tar.gz')->publishes, 'and nobody else waits';
    }
};

subtest 'asks in doubt twice' => sub {
    # An iterator in the place of a list is empty every second time.
    my $world = World->new;
    $world->record('signed');
    $world->{behave} = $World::FAILURES{crashes};
    is decision($world, $World::ARCHIVE), 'wait', "try $_" for 1 .. 5;
};

subtest 'takes no author in another spelling' => sub {
    my $world = World->new;
    $world->record('signed');
    $world->{behave} = sub { die "it is not asked\n" };
    for my $path (
        'T/TI/tim/Foo-1.0.tar.gz', 't/ti/TIM/Foo-1.0.tar.gz', 'T/TI/TIM /Foo-1.0.tar.gz',
        'T/TX/TIM/Foo-1.0.tar.gz', 'TIM/Foo-1.0.tar.gz', 'T/TI/../TIM/Foo-1.0.tar.gz', 'T/TI/TIM/../TIM/Foo-1.0.tar.gz',
        "T/TI/TIM/Foo-1.0\nsigstore: publish.tar.gz", "T/TI/TIM/Foo\e[2J-1.0.tar.gz", "T/TI/TIM/Foo\x{e9}-1.0.tar.gz",
        'T/TI/TIM//Foo-1.0.tar.gz', '/T/TI/TIM/Foo-1.0.tar.gz', 'authors/id/T/TI/TIM/Foo-1.0.tar.gz', 'Foo-1.0.tar.gz',
    ) {
        is decision($world, $path), 'wait', $path;
    }
    is $world->{runs}, 0, 'and runs no gate';
    is scalar(grep { /[^\x20-\x7e]/ } @{ $world->{log} }), 0, 'and writes one line of ASCII for each';
};

subtest 'asks about all that PAUSE indexes' => sub {
    my $world = World->new;
    $world->record('signed');
    $world->{behave} = World::honest(%World::REJECTED);
    for my $suffix (qw(.tar.gz .tgz .tar.bz2 .tbz .zip .tar_gz .tar-gz .tar.Z .TAR.GZ .tar.xz .txz .tar)) {
        is decision($world, "$World::HOME/Foo-1.0$suffix"), 'refuse', $suffix;
    }
    is decision($world, "$World::HOME/sub/dir/Foo-1.0.tar.gz"), 'refuse', 'in every folder';
};

subtest 'passes the published tree and never the folder of received files' => sub {
    my $world = World->new(options => ['--trusted-root', '/etc/root.json'], timeout => 12);
    my @command;
    $world->{behave} = sub { @command = @{ $_[0]{command} }; return World::says(World::answer($_[0], %World::OPEN)) };
    $world->decide($World::ARCHIVE);
    is_deeply \@command, [
        '/nowhere/cpan-sigstore', 'gate', '--kind=release', "--path=$World::ARCHIVE", "--file=$world->{folder}/upload",
        "--cpan=$world->{folder}/tree", '--timeout=11', '--trusted-root', '/etc/root.json',
    ];
};

done_testing;
