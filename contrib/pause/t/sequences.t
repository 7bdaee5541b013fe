use 5.020;
use strict;
use warnings;

use FindBin ();
use Test::More;

use lib "$FindBin::Bin/lib";
use World ();

# The property: no sequence of failures publishes an unsigned archive of an author whose record requires signatures, and
# none stops an author without one. The seeds are fixed, so that a failure is seen again.
my $SEQUENCES = 100;
my $STEPS     = 25;

# A generator of its own, the same on every machine.
sub generator {
    my ($state) = @_;
    return sub {
        my ($limit) = @_;
        $state = ($state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return int($state / 65_536) % $limit;
    };
}

# The honest gate: it knows which authors require signatures, and looks for the bundle.
sub honest {
    my ($world) = @_;
    return sub {
        my ($input) = @_;
        my ($path) = map { /\A--path=(.*)/ } @{ $input->{command} };
        my %other = $path !~ m{\AT/TI/TIM/} ? %World::OPEN
            : -s $world->published("$path.sigstore.json") ? ()
            : !$world->{overdue}++                       ? %World::LATER
            :                                              %World::REJECTED;
        return World::says(World::answer($input, %other));
    };
}

# Lies that agree with themselves, once the gate has answered about the author.
my %LIES = (
    'accepts without a bundle' => sub { return World::says(World::answer($_[0])) },
    'requires nothing'         => sub { return World::says(World::answer($_[0], %World::OPEN)) },
    'forgets the record'       => sub { return World::says(World::answer($_[0], %World::OPEN, 'record-version' => 1)) },
);
my @FAILURES = sort keys %World::FAILURES;
my @LIES     = sort keys %LIES;

my ($published, $others, $signed) = (0, 0, 0);
SEQUENCE: for my $seed (1 .. $SEQUENCES) {
    my $random = generator($seed);
    my $world  = World->new;
    $world->record('signed');
    my $honest = honest($world);
    my @history;
    # The gate has answered once, before it fails.
    if ($random->(2)) {
        $world->{behave} = $honest;
        $world->decide($World::ARCHIVE);
        push @history, 'answered';
    }
    for my $step (1 .. $STEPS) {
        my $how = $random->(10);
        my $learned = $history[0] && $history[0] eq 'answered';
        my $name
            = $how < 2              ? 'honest'
            : $how < 4 && $learned  ? $LIES[$random->(scalar @LIES)]
            :                         $FAILURES[$random->(scalar @FAILURES)];
        $world->{behave} = $name eq 'honest' ? $honest : $LIES{$name} // $World::FAILURES{$name};
        push @history, $name;
        $world->{now} += (0, 60, 900, 4000)[$random->(4)];
        # Files that failures can leave behind.
        my $damage = $random->(12);
        unlink "$world->{folder}/state/switch.json"                            if $damage == 0;
        World::write_to("$world->{folder}/state/switch.json", 'no JSON')       if $damage == 1;
        World::write_to("$world->{folder}/state/required/TIM", 'no number')    if $damage == 2 && $learned;
        if ($damage == 3 && $learned) {
            unlink $world->published($World::RECORD);
            push @history, 'record deleted';
        }
        my $path = $random->(3) ? $World::ARCHIVE : "$World::HOME/Bar-2.0.zip";
        my $result = $world->decide($path);
        if ($result->publishes) {
            fail "seed $seed publishes $path: @history";
            $published++;
            last SEQUENCE;
        }
        my $other = $world->decide("O/OT/OTHER/Foo-$step.tar.gz");
        if (!$other->publishes) {
            fail "seed $seed stops another author: @history";
            last SEQUENCE;
        }
        $others++;
    }
    # In the end the bundle is there, and the gate answers.
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = $honest;
    $world->{now} += 3600;
    World::write_to("$world->{folder}/state/required/TIM", "1\n");
    $signed++ if $world->decide($World::ARCHIVE)->publishes;
}
is $published, 0, "no unsigned archive in $SEQUENCES sequences of $STEPS failures";
is $others, $SEQUENCES * $STEPS, 'everybody else was published';
is $signed, $SEQUENCES, 'and the signed archive in the end';

done_testing;
