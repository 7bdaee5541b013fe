use 5.020;
use strict;
use warnings;

use FindBin ();
use Test::More;

use lib "$FindBin::Bin/lib";
use World ();

# Between the decision and the publication PAUSE unpacks, repacks and renames.
sub holds {
    my ($world, $result, $path) = @_;
    return $result->holds(path => $path, file => "$world->{folder}/upload");
}

subtest 'publishes only the bytes that the gate accepted' => sub {
    my $world = World->new;
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = World::honest();
    my $result = $world->decide($World::ARCHIVE, 'archive');
    ok holds($world, $result, $World::ARCHIVE), 'the same';
    ok !holds($world, $result, 'T/TI/TIM/Perl6/Foo-1.0.tar.gz'), 'not at another path';
    $world->upload('archive, repacked');
    ok !holds($world, $result, $World::ARCHIVE), 'not after a change';
    unlink "$world->{folder}/upload";
    ok !holds($world, $result, $World::ARCHIVE), 'and not without the file';
};

subtest 'lets PAUSE repack archives of others' => sub {
    my $world = World->new;
    $world->{behave} = World::honest(%World::OPEN);
    my $result = $world->decide($World::ARCHIVE, 'archive');
    $world->upload('archive, repacked');
    ok holds($world, $result, $World::ARCHIVE);
};

subtest 'publishes nothing that waits or is refused' => sub {
    my $world = World->new;
    $world->{behave} = World::honest(%World::LATER);
    ok !holds($world, $world->decide($World::ARCHIVE), $World::ARCHIVE), 'later';
    $world->{behave} = World::honest(%World::REJECTED);
    ok !holds($world, $world->decide($World::ARCHIVE), $World::ARCHIVE), 'rejected';
};

subtest 'takes no answer about a file that changed meanwhile' => sub {
    my $world = World->new;
    $world->put($World::BUNDLE, 'bundle');
    $world->record('signed');
    $world->{behave} = sub {
        $world->upload('another archive');
        return World::says(World::answer($_[0]));
    };
    ok $world->decide($World::ARCHIVE)->waits;
};

subtest 'replaces a bundle only by the bytes that the gate accepted' => sub {
    my $world = World->new;
    $world->{behave} = World::honest(%World::OPEN, reason => 'signed');
    my $result = $world->decide($World::BUNDLE, 'bundle');
    ok holds($world, $result, $World::BUNDLE);
    $world->upload('another bundle');
    ok !holds($world, $result, $World::BUNDLE);
};

done_testing;
