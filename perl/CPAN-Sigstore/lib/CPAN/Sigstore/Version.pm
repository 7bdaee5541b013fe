package CPAN::Sigstore::Version;
use 5.016;
use strict;
use warnings;

our $VERSION = '0.01';

# Longest version, in characters, and most digits of one of its numbers.
my $LONGEST = 64;
my $DIGITS  = 18;

# Reads a version by the rules of version.pm. Each version of version.pm has slightly other rules for
# underscores, so this module compares the numbers itself.
sub parse {
    my ($class, $text) = @_;
    return if !defined $text || length $text > $LONGEST;
    my $plain = $text;
    my $trial;
    if ($text =~ /_/) {
        $text =~ /\A([^_]*\.[^_]*)_([0-9]+)\z/ or return;
        ($plain, $trial) = ("$1$2", $2);
        return if $1 !~ /[0-9]\z/;
    }
    my $numbers = _numbers($plain) or return;
    pop @$numbers while @$numbers && $numbers->[-1] == 0;
    return bless { text => $text, numbers => $numbers, trial => $trial }, $class;
}

sub _numbers {
    my ($plain) = @_;
    my $dots = () = $plain =~ /\./g;
    if ($plain =~ /\Av/ || $dots > 1) {
        my $dotted = $plain =~ s/\Av//r;
        # `.1.2` is `0.1.2`, and `v.1` is nothing.
        $dotted = "0$dotted" if $dotted eq $plain && $dotted =~ /\A\./;
        my @numbers = split /\./, $dotted, -1;
        return if !@numbers || grep { !/\A[0-9]{1,$DIGITS}\z/ } @numbers;
        return [ map { 0 + $_ } @numbers ];
    }
    my ($whole, $fraction) = $plain =~ /\A([0-9]{0,$DIGITS})(?:\.([0-9]*))?\z/ or return;
    $fraction //= q();
    return if $whole eq q() && $fraction eq q();
    $fraction .= '0' while length($fraction) % 3;
    return [ 0 + ($whole eq q() ? 0 : $whole), map { 0 + $_ } $fraction =~ /([0-9]{3})/g ];
}

sub trial { return $_[0]{trial} }
sub text  { return $_[0]{text} }

# Less than, equal to or greater than zero, as Perl compares versions.
sub compare {
    my ($self, $other) = @_;
    my @left  = @{ $self->{numbers} };
    my @right = @{ $other->{numbers} };
    while (@left || @right) {
        my $order = (shift(@left) // 0) <=> (shift(@right) // 0);
        return $order if $order;
    }
    return 0;
}

# The same version, and the same digits behind the underscore.
sub names_same_release {
    my ($self, $other) = @_;
    return $self->compare($other) == 0 && ($self->{trial} // q(-)) eq ($other->{trial} // q(-));
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Version - versions as Perl compares them

=head1 SYNOPSIS

    use CPAN::Sigstore::Version;

    my $left  = CPAN::Sigstore::Version->parse('1.002003');
    my $right = CPAN::Sigstore::Version->parse('v1.2.3');
    print 'equal' if $left->compare($right) == 0;

=head1 METHODS

=head2 parse(TEXT)

Returns a version, or nothing if Perl does not take the text for one.

=head2 compare(OTHER)

Returns a number below, equal to or above zero.

=head2 names_same_release(OTHER)

Returns whether both are equal and have the same digits behind an underscore.

=head2 text

=head2 trial

The text, and the digits behind its underscore, if there are any.

=cut
