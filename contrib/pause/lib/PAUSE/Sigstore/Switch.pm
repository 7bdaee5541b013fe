package PAUSE::Sigstore::Switch;
use 5.020;
use strict;
use warnings;

use File::Spec ();
use JSON::PP   ();

use PAUSE::Sigstore::State ();

our $VERSION = '0.01';

# Authors with a failure in a row after which the gate is off, and failures in a row of one author after which it is off
# for this author. Nobody alone switches it off for others.
my $AUTHORS  = 3;
my $FAILURES = 3;
# Seconds for which it is off.
my $OFF   = 3600;
my $LIMIT = 64 * 1024;

sub new {
    my ($class, %settings) = @_;
    return bless { path => File::Spec->catfile($settings{state}, 'switch.json'), now => $settings{now} }, $class;
}

# Whether the gate may be run for an author. When the time is over, one failure is enough to switch it off again.
sub allows {
    my ($self, $author) = @_;
    my $state = $self->_read;
    return !$self->_is_off($state->{until}) && !$self->_is_off($state->{off}{$author});
}

sub _is_off {
    my ($self, $until) = @_;
    return 0 if !defined $until;
    my $left = $until - $self->{now}->();
    # A clock that was set back must not keep it off for ever.
    return $left > 0 && $left <= $OFF;
}

# Notes a failure. Returns a text for the administrators if the gate is off from now on.
sub failed {
    my ($self, $author, $fault) = @_;
    return $self->_change(
        sub {
            my ($state) = @_;
            my $until = $self->{now}->() + $OFF;
            my $count = ++$state->{count}{$author};
            $state->{row}{$author} = 1;
            my $authors = keys %{ $state->{row} };
            if (defined $state->{until} || $authors >= $AUTHORS) {
                $state->{until} = $until;
                return _alarm("with uploads of $authors authors in a row and is off for an hour", $fault);
            }
            return if $count < $FAILURES && !defined $state->{off}{$author};
            $state->{off}{$author} = $until;
            return _alarm("$count times in a row with uploads of $author and is off for $author for an hour", $fault);
        }
    );
}

sub _alarm {
    my ($what, $fault) = @_;
    return "The gate for signatures failed $what.\n"
        . "The last failure: $fault\n"
        . "Uploads of authors whose record requires signatures wait. All others are published.\n";
}

# Notes an answer about a file of an author. Returns a text for the administrators if the gate was off before.
sub succeeded {
    my ($self, $author) = @_;
    return if !-e $self->{path};
    return $self->_change(
        sub {
            my ($state) = @_;
            my $was_off = defined delete $state->{until};
            # It says nothing of the uploads of another author that make the gate fail.
            $state->{row} = {};
            delete $state->{$_}{$author} for qw(count off);
            return $was_off ? "The gate for signatures answers again.\n" : undef;
        }
    );
}

sub _read {
    my ($self) = @_;
    my $text  = PAUSE::Sigstore::State::read_file($self->{path}, $LIMIT);
    my $state = defined $text ? eval { JSON::PP->new->decode($text) } : undef;
    # A damaged file is a gate that is on: it only saves time.
    $state = {} if ref $state ne 'HASH';
    for my $key (qw(row count off)) {
        $state->{$key} = {} if ref $state->{$key} ne 'HASH';
    }
    delete $state->{until} if ref $state->{until};
    return $state;
}

sub _change {
    my ($self, $change) = @_;
    return PAUSE::Sigstore::State::locked(
        $self->{path},
        sub {
            my $state = $self->_read;
            my $text = $change->($state);
            PAUSE::Sigstore::State::write_file($self->{path}, JSON::PP->new->canonical->encode($state));
            return $text;
        }
    );
}

1;
