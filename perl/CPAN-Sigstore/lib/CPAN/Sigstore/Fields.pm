package CPAN::Sigstore::Fields;
use 5.016;
use strict;
use warnings;

use Config       ();
use MIME::Base64 ();

use CPAN::Sigstore::Error ();

our $VERSION = '0.01';

# Most digits of a number. More would not fit Perl's numbers.
my $DIGITS = ($Config::Config{ivsize} || 4) >= 8 ? 18 : 9;

sub fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, $message);
}

# An object with these keys and no others. A value that is null is absent.
sub object {
    my ($value, $name, @known) = @_;
    fail('bundle-malformed', "invalid bundle: expected an object for `$name`") if ref $value ne 'HASH';
    my %known = map { $_ => 1 } @known;
    for my $key (sort keys %$value) {
        fail('bundle-malformed', "invalid bundle: found the unknown field `$key` in `$name`") if !$known{$key};
    }
    return { map { defined $value->{$_} ? ($_ => $value->{$_}) : () } @known };
}

# A list of at most this many values; nothing if it is absent.
sub list {
    my ($value, $name, $limit) = @_;
    return if !defined $value;
    fail('bundle-malformed', "invalid bundle: expected a list for `$name`") if ref $value ne 'ARRAY';
    fail('bundle-excess', "invalid bundle: expected at most $limit of `$name`, found " . @$value) if @$value > $limit;
    return @$value;
}

sub text {
    my ($object, $key) = @_;
    my $value = $object->{$key};
    fail('bundle-malformed', "invalid bundle: expected a text for `$key`") if !defined $value || ref $value;
    return $value;
}

# The bytes of base64 in its one form, with padding.
sub bytes {
    my ($text, $name) = @_;
    $name //= 'bytes';
    fail('bundle-malformed', "invalid bundle: expected base64 for `$name`")
        if !defined $text || ref $text || $text !~ m{\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\z};
    my $bytes = MIME::Base64::decode_base64($text);
    fail('bundle-malformed', "invalid bundle: expected the one form of base64 for `$name`") if MIME::Base64::encode_base64($bytes, q()) ne $text;
    return $bytes;
}

sub field_bytes { return bytes($_[0]{ $_[1] }, $_[1]) }

# A whole number that is not negative, as a number or as a text.
sub number {
    my ($value, $name) = @_;
    my $text = ref $value eq 'CPAN::Sigstore::JSON::Number' ? $value->text : $value;
    fail('bundle-malformed', "invalid bundle: expected a whole number for `$name`")
        if !defined $text || ref $text || $text !~ /\A(?:0|[1-9][0-9]*)\z/ || length $text > $DIGITS;
    return 0 + $text;
}

# The one of these keys that is there.
sub one_of {
    my ($object, @keys) = @_;
    my @found = grep { defined $object->{$_} } @keys;
    fail('bundle-malformed', "invalid bundle: expected one of `@keys`, found none") if !@found;
    fail('bundle-ambiguous', "invalid bundle: expected one of `@keys`, found `@found`") if @found > 1;
    return $found[0];
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Fields - fields of a bundle, read strictly

=head1 SYNOPSIS

    use CPAN::Sigstore::Fields;

    my $entry = CPAN::Sigstore::Fields::object($value, 'entry', qw(logIndex canonicalizedBody));
    my $index = CPAN::Sigstore::Fields::number($entry->{logIndex}, 'logIndex');
    my $body  = CPAN::Sigstore::Fields::field_bytes($entry, 'canonicalizedBody');

=head1 FUNCTIONS

All of them throw a L<CPAN::Sigstore::Error> with the code C<bundle-malformed>,
C<bundle-excess> or C<bundle-ambiguous>.

=head2 object(VALUE, NAME, KEYS)

=head2 list(VALUE, NAME, LIMIT)

=head2 text(OBJECT, KEY)

=head2 bytes(TEXT, NAME)

=head2 field_bytes(OBJECT, KEY)

=head2 number(VALUE, NAME)

=head2 one_of(OBJECT, KEYS)

An object without unknown keys, a list, a text, the bytes of base64, a whole
number, and the one key that is there.

=head2 fail(CODE, MESSAGE)

Throws an error.

=cut
