package CPAN::Sigstore::Time;
use 5.016;
use strict;
use warnings;

our $VERSION = '0.01';

my @DAYS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334);

# Seconds since 1970, or undef if the day or time does not exist.
sub seconds {
    my ($year, $month, $day, $hour, $minute, $second) = @_;
    return if $month < 1 || $month > 12 || $day < 1 || $hour > 23 || $minute > 59 || $second > 59;
    my $is_leap = $year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0);
    my $length = $month == 2 ? ($is_leap ? 29 : 28) : $month =~ /\A0?(?:4|6|9|11)\z/ ? 30 : 31;
    return if $day > $length;
    my $before = $year - 1;
    my $days = 365 * $year + ($before < 0 ? 0 : int($before / 4) - int($before / 100) + int($before / 400) + 1);
    $days += $DAYS[ $month - 1 ] + ($is_leap && $month > 2 ? 1 : 0) + $day - 1;
    return ($days - 719_528) * 86_400 + $hour * 3600 + $minute * 60 + $second;
}

# A time in the one form of records: whole seconds, in UTC.
sub parse {
    my ($text) = @_;
    return if $text !~ /\A([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z\z/;
    return seconds($1, $2, $3, $4, $5, $6);
}

# Any time of RFC 3339. Returns the seconds, whether it has a fraction other than zero, and that fraction.
sub parse_any {
    my ($text) = @_;
    $text =~ /\A([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?(?:[Zz]|([-+])([0-9]{2}):([0-9]{2}))\z/
        or return;
    my ($fraction, $sign, $hours, $minutes) = ($7, $8, $9, $10);
    my $seconds = seconds($1, $2, $3, $4, $5, $6) // return;
    if (defined $sign) {
        return if $hours > 23 || $minutes > 59;
        my $offset = $hours * 3600 + $minutes * 60;
        $seconds += $sign eq '-' ? $offset : -$offset;
    }
    $fraction //= 0;
    return ($seconds, $fraction =~ /[1-9]/ ? 1 : 0, "0$fraction" + 0);
}

sub format {    ## no critic (ProhibitBuiltinHomonyms)
    my ($seconds) = @_;
    my ($second, $minute, $hour, $day, $month, $year) = gmtime $seconds;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Time - times of records, certificates and signatures

=head1 SYNOPSIS

    use CPAN::Sigstore::Time;

    my $seconds = CPAN::Sigstore::Time::parse('2026-01-01T00:00:00Z');
    print CPAN::Sigstore::Time::format($seconds);

=head1 FUNCTIONS

=head2 parse(TEXT)

Returns the seconds since 1970 of a time such as C<2026-01-01T00:00:00Z>, or
nothing for any other form and for a time that does not exist.

=head2 parse_any(TEXT)

Returns the whole seconds of any time of RFC 3339, whether it has a fraction
other than zero, and that fraction.

=head2 seconds(YEAR, MONTH, DAY, HOUR, MINUTE, SECOND)

Returns the seconds since 1970, or nothing for a time that does not exist.

=head2 format(SECONDS)

Returns the form that C<parse> reads.

=cut
