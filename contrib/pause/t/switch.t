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

subtest 'lets no single author switch the gate off for others' => sub {
    my $world = World->new;
    $world->record('signed');
    $world->{behave} = $World::FAILURES{hangs};
    my @alarms = alarms($world, ($AUTHORS[0]) x 20);
    is scalar @alarms, 1, 'one alarm for twenty failures';
    like $alarms[0], qr/3 times in a row with uploads of ABA and is off for ABA for an hour/, 'which names the author';
    is $world->{runs}, 3, 'and three runs, which cost the queue no more time';
    my $runs = $world->{runs};
    $world->{behave} = World::honest(%World::LATER);
    is $world->decide($World::ARCHIVE)->reason, 'awaits-bundle', 'other authors have an answer';
    $world->decide($AUTHORS[0]);
    is $world->{runs}, $runs + 1, 'which switches the gate on for nobody else';
    $world->{now} += 3600;
    $world->{behave} = $World::FAILURES{hangs};
    is scalar alarms($world, $AUTHORS[0], $AUTHORS[0]), 1, 'after an hour one failure is enough';
    $world->{now} += 3600;
    $world->{behave} = World::honest(%World::OPEN);
    $world->decide($AUTHORS[0]);
    $world->{behave} = $World::FAILURES{hangs};
    is scalar alarms($world, $AUTHORS[0], $AUTHORS[0]), 0, 'and an answer forgets the failures';
};

subtest 'stays on while some authors fail and others do not' => sub {
    my $world = World->new;
    for my $round (1 .. 20) {
        $world->{behave} = $World::FAILURES{hangs};
        $world->decide($_) for @AUTHORS[0, 1];
        $world->{behave} = World::honest(%World::OPEN);
        my $runs = $world->{runs};
        is scalar alarms($world, $AUTHORS[2]), 0, "round $round";
        is $world->{runs}, $runs + 1, 'and it is run';
    }
};

subtest 'is on with a damaged state or a clock that was set back' => sub {
    for my $text ('x', '[]', '{"row":[],"count":7,"off":"x","until":{}}') {
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
