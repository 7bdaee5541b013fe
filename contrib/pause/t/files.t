use 5.020;
use strict;
use warnings;

use FindBin ();
use Test::More;

use lib "$FindBin::Bin/lib";
use PAUSE::Sigstore::Files ();
use PAUSE::Sigstore::Path  ();
use World                  ();

subtest 'keeps the state of published files' => sub {
    my $world = World->new;
    my $files = PAUSE::Sigstore::Files->new(state => "$world->{folder}/state");
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = World::honest();
    $files->published($world->decide($World::ARCHIVE), 7);
    my $state = $files->of('TIM')->{$World::ARCHIVE};
    is $state->{signer}, 'tim@example.org (https://issuer.example)', 'the signer';
    is $state->{digest}, PAUSE::Sigstore::digest("$world->{folder}/upload"), 'the digest';
    # The loser's verdict never stands beside the winner's bytes.
    $world->{behave} = World::honest(%World::REJECTED);
    $files->published($world->decide($World::ARCHIVE), 8);
    is_deeply $files->of('TIM')->{$World::ARCHIVE}, $state, 'a refused file changes nothing';
    $world->{behave} = $World::FAILURES{hangs};
    $files->published($world->decide('O/OT/OTHER/Foo-1.0.tar.gz'), 9);
    is_deeply $files->of('OTHER'), { 'O/OT/OTHER/Foo-1.0.tar.gz' => { time => 9, reason => 'no-answer' } }, 'no answer';
    $files->deleted($World::ARCHIVE);
    is_deeply $files->of('TIM'), {}, 'forgets a deleted file';
    is_deeply $files->of('../TIM'), {}, 'reads no other file';
};

subtest 'stops neither the daemon nor the web without its folder' => sub {
    my $world = World->new;
    my $state = "$world->{folder}/other";
    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    # As if another user had to create it.
    World::write_to("$state/files", 'no folder');
    my $files = PAUSE::Sigstore::Files->new(state => $state);
    $world->{behave} = World::honest(%World::OPEN);
    $files->published($world->decide($World::ARCHIVE), 7);
    $files->deleted($World::ARCHIVE);
    is_deeply $files->of('TIM'), {}, 'shows nothing';
    is scalar @warnings, 2, 'and warns';
};

subtest 'shows no signer whom nothing binds to the author' => sub {
    my $world = World->new;
    $world->{behave} = World::honest(
        %World::OPEN,
        finding => 'identity-mismatch',
        signer  => { subject => 'evil@example.org', issuer => 'https://issuer.example' },
    );
    is $world->decide($World::ARCHIVE)->signer, undef;
};

subtest 'keeps records, and bundles whose archive remains' => sub {
    my $world    = World->new;
    my $sigstore = $world->{sigstore};
    $world->put($World::ARCHIVE, 'archive');
    for my $path ($World::RECORD, "$World::RECORD.sigstore.json", 'T/TI/TIM/tim-SIGSTORE-identities-1.json') {
        like $sigstore->keeps($path, $World::ARCHIVE), qr/record/, $path;
    }
    like $sigstore->keeps($World::BUNDLE), qr/which remains/, 'a bundle';
    is $sigstore->keeps($World::BUNDLE, $World::ARCHIVE), undef, 'not one that goes with its archive';
    is $sigstore->keeps($World::ARCHIVE), undef, 'no archive';
    is $sigstore->keeps('T/TI/TIM/README'), undef, 'nothing else';
    is $sigstore->keeps('T/TI/TIM/Gone-1.0.tar.gz.sigstore.json'), undef, 'not one whose archive is gone';
};

subtest 'orders bundles and records before archives' => sub {
    my @rank = $PAUSE::Sigstore::Path::ORDER_BY =~ /LIKE '%([^']*)'/g;
    is_deeply \@rank, ['.sigstore.json', '-sigstore-identities-%'];
};

subtest 'needs its settings' => sub {
    my $world = World->new;
    my %all   = (program => '/bin/true', tree => "$world->{folder}/tree", state => "$world->{folder}/state");
    for my $missing (sort keys %all) {
        ok !eval { PAUSE::Sigstore->new(%all, $missing => undef) }, "no $missing";
    }
    ok !eval { PAUSE::Sigstore->new(%all, program => 'cpan-sigstore') }, 'a program of the path';
    ok !eval { PAUSE::Sigstore->new(%all, tree => "$world->{folder}/tree/authors/id") }, 'another folder';
    ok !eval { PAUSE::Sigstore->new(%all, state => '/proc/nowhere') }, 'a folder that cannot be created';
    # The web only reads what the daemon writes.
    World::write_to("$world->{folder}/web/required", 'no folder');
    ok eval { PAUSE::Sigstore->new(%all, state => "$world->{folder}/web") }, 'a folder that another user writes';
    ok -d "$world->{folder}/state/files", 'and creates all folders';
};

done_testing;
