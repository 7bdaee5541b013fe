package PAUSE::Sigstore::Switch;
use 5.020;
use strict;
use warnings;

use File::Spec ();
use JSON::PP   ();

use PAUSE::Sigstore::State ();

our $VERSION = '0.01';

# Authors with a failure in a row, and failures in a row, after which the gate is off. One author alone cannot switch it
# off soon.
my $AUTHORS  = 3;
my $FAILURES = 10;
# Seconds for which it is off.
my $OFF   = 3600;
my $LIMIT = 64 * 1024;

sub new {
    my ($class, %settings) = @_;
    return bless { path => File::Spec->catfile($settings{state}, 'switch.json'), now => $settings{now} }, $class;
}

# Whether the gate may be run. When the time is over, one failure is enough to switch it off again.
sub allows {
    my ($self) = @_;
    my $until = $self->_read->{until} // return 1;
    my $left  = $until - $self->{now}->();
    # A clock that was set back must not keep it off for ever.
    return $left <= 0 || $left > $OFF;
}

# Notes a failure. Returns a text for the administrators if the gate is off from now on.
sub failed {
    my ($self, $author, $fault) = @_;
    return $self->_change(
        sub {
            my ($state) = @_;
            my $was_off = defined $state->{until};
            $state->{failures}++;
            $state->{authors}{ $author // q() } = 1;
            my $failures = $state->{failures};
            return if !$was_off && keys %{ $state->{authors} } < $AUTHORS && $failures < $FAILURES;
            $state->{until} = $self->{now}->() + $OFF;
            return "The gate for signatures failed $failures times in a row and is off for an hour.\n"
                . "The last failure: $fault\n"
                . "Uploads of authors whose record requires signatures wait. All others are published.\n";
        }
    );
}

# Notes an answer. Returns a text for the administrators if the gate was off before.
sub succeeded {
    my ($self) = @_;
    return if !-e $self->{path};
    return $self->_change(
        sub {
            my ($state) = @_;
            my $was_off = defined $state->{until};
            %{$state} = ();
            return $was_off ? "The gate for signatures answers again.\n" : undef;
        }
    );
}

sub _read {
    my ($self) = @_;
    my $text  = PAUSE::Sigstore::State::read_file($self->{path}, $LIMIT);
    my $state = defined $text ? eval { JSON::PP->new->decode($text) } : undef;
    # A damaged file is a gate that is on: it only saves time.
    return ref $state eq 'HASH' ? $state : {};
}

sub _change {
    my ($self, $change) = @_;
    return PAUSE::Sigstore::State::locked(
        $self->{path},
        sub {
            my $state = $self->_read;
            $state->{authors} = {} if ref $state->{authors} ne 'HASH';
            my $text = $change->($state);
            PAUSE::Sigstore::State::write_file($self->{path}, JSON::PP->new->canonical->encode($state));
            return $text;
        }
    );
}

1;
