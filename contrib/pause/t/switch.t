use 5.020;
use strict;
use warnings;

use FindBin ();
use Test::More;

use lib "$FindBin::Bin/lib";
use World ();

my @AUTHORS = map { "A/AB/AB$_/Foo-1.0.tar.gz" } qw(A B C D);

# Alarms of uploads by these authors.
sub alarms {
    my ($world, @paths) = @_;
    return grep { defined } map { $world->decide($_)->alarm } @paths;
}

subtest 'switches the gate off after failures with three authors' => sub {
    my $world = World->new;
    $world->record('signed');
    $world->{behave} = $World::FAILURES{hangs};
    is scalar alarms($world, @AUTHORS[0, 0, 1, 1]), 0, 'not with two';
    my ($alarm) = alarms($world, $AUTHORS[2]);
    like $alarm, qr/off for an hour.*no answer in time/s, 'and informs the administrators';
    my $runs = $world->{runs};
    ok $world->decide($AUTHORS[3])->publishes,  'others are published';
    ok $world->decide($World::ARCHIVE)->waits, 'an author who requires signatures waits';
    is $world->{runs}, $runs, 'and the gate is not run';
    $world->{now} += 3599;
    $world->decide($AUTHORS[3]);
    is $world->{runs}, $runs, 'for an hour';
    $world->{now} += 1;
    is scalar alarms($world, $AUTHORS[3]), 1, 'then one failure is enough';
    $world->{now} += 3600;
    $world->{behave} = World::honest(%World::OPEN);
    ($alarm) = alarms($world, $AUTHORS[3]);
    like $alarm, qr/answers again/, 'and an answer switches it on';
    $world->{behave} = $World::FAILURES{hangs};
    is scalar alarms($world, $AUTHORS[3]), 0, 'as at first';
};

subtest 'lets no single author switch the gate off soon' => sub {
    my $world = World->new;
    $world->{behave} = $World::FAILURES{hangs};
    is scalar alarms($world, ($AUTHORS[0]) x 9), 0, 'nine failures';
    is scalar alarms($world, $AUTHORS[0]),       1, 'ten cost the queue too much';
    $world = World->new;
    for my $round (1 .. 20) {
        $world->{behave} = $World::FAILURES{hangs};
        is scalar alarms($world, @AUTHORS[0, 1]), 0, "round $round";
        $world->{behave} = World::honest(%World::OPEN);
        $world->decide($AUTHORS[2]);
    }
};

subtest 'is on with a damaged state or a clock that was set back' => sub {
    for my $text ('x', '[]', '{"authors":[],"failures":1}') {
        my $world = World->new;
        World::write_to("$world->{folder}/state/switch.json", $text);
        $world->{behave} = $World::FAILURES{hangs};
        $world->decide($AUTHORS[0]);
        is $world->{runs}, 1, $text;
    }
    my $world = World->new;
    $world->{behave} = $World::FAILURES{hangs};
    $world->decide($_) for @AUTHORS;
    my $runs = $world->{runs};
    $world->{now} -= 7200;
    $world->decide($AUTHORS[0]);
    is $world->{runs}, $runs + 1, 'a clock that was set back';
};

done_testing;
