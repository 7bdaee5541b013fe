package CPAN::Sigstore::DER;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Error ();
use CPAN::Sigstore::Time  ();

our $VERSION = '0.01';

# Tags of the types that are read.
our %TAG = (
    BOOLEAN         => 0x01,
    INTEGER         => 0x02,
    BIT_STRING      => 0x03,
    OCTET_STRING    => 0x04,
    NULL            => 0x05,
    OID             => 0x06,
    UTF8_STRING     => 0x0C,
    IA5_STRING      => 0x16,
    UTC_TIME        => 0x17,
    GENERALIZED     => 0x18,
    SEQUENCE        => 0x30,
    SET             => 0x31,
);

# Longest content, and most members of one value.
my $LENGTH_LIMIT = 1 << 20;
my $COUNT_LIMIT  = 256;

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('der', "invalid DER: $message");
}

# Reads the one value that these bytes are. Nothing may follow it.
sub parse {
    my ($class, $bytes, $tag) = @_;
    my ($self, $end) = _read($class, $bytes, 0);
    _fail('expected the end, found more bytes') if $end != length $bytes;
    return defined $tag ? $self->expect($tag) : $self;
}

sub _read {
    my ($class, $bytes, $start) = @_;
    _fail('expected a value, found the end') if $start + 2 > length $bytes;
    my ($tag, $length) = unpack 'CC', substr $bytes, $start, 2;
    # Tags above 30 take more bytes; none of them is used here. The end of an indefinite length is no value.
    _fail('expected a tag of one byte') if ($tag & 0x1F) == 0x1F || $tag == 0;
    my $at = $start + 2;
    if ($length > 0x7F) {
        my $count = $length & 0x7F;
        _fail('expected a definite length of at most three bytes') if $count < 1 || $count > 3 || $at + $count > length $bytes;
        $length = 0;
        $length = $length * 256 + $_ for unpack 'C*', substr $bytes, $at, $count;
        $at += $count;
        _fail('expected the shortest form of a length') if $length < 0x80 || ($count > 1 && $length < 1 << 8 * ($count - 1));
    }
    _fail('expected a shorter value') if $length > $LENGTH_LIMIT;
    my $end = $at + $length;
    _fail('expected a value, found a part of it') if $end > length $bytes;
    my $self = bless {
        tag     => $tag,
        content => substr($bytes, $at, $length),
        raw     => substr($bytes, $start, $end - $start),
    }, $class;
    return ($self, $end);
}

sub tag     { return $_[0]{tag} }
sub content { return $_[0]{content} }
sub raw     { return $_[0]{raw} }
sub is      { return $_[0]{tag} == $TAG{ $_[1] } }

# The value itself, if it has this type: a name of %TAG, or the number of a tag.
sub expect {
    my ($self, $tag) = @_;
    my $number = $TAG{$tag} // $tag;
    _fail(sprintf 'expected the tag %s, found 0x%02x', $tag, $self->{tag}) if $self->{tag} != $number;
    return $self;
}

# The members of a constructed value.
sub members {
    my ($self) = @_;
    _fail('expected a constructed value') if !($self->{tag} & 0x20);
    my @members;
    my $at = 0;
    while ($at < length $self->{content}) {
        _fail("expected at most $COUNT_LIMIT members") if @members == $COUNT_LIMIT;
        (my $member, $at) = _read(ref $self, $self->{content}, $at);
        push @members, $member;
    }
    return @members;
}

# The members of a sequence or set of this type.
sub members_of {
    my ($self, $tag) = @_;
    return $self->expect($tag)->members;
}

# The one member of an explicit tag.
sub inner {
    my ($self) = @_;
    my @members = $self->members;
    _fail('expected one value in an explicit tag') if @members != 1;
    return $members[0];
}

sub oid {
    my ($self) = @_;
    my $content = $self->expect('OID')->{content};
    _fail('expected an object identifier') if $content eq q() || ord(substr $content, -1) & 0x80;
    my ($number, $is_new, @parts) = (0, 1);
    for my $byte (unpack 'C*', $content) {
        _fail('expected the shortest form of an object identifier') if $is_new && $byte == 0x80;
        _fail('expected a shorter object identifier')               if $number > 0xFF_FFFF;
        $number = $number * 128 + ($byte & 0x7F);
        $is_new = !($byte & 0x80);
        next if !$is_new;
        push @parts, @parts ? $number : ($number < 40 ? (0, $number) : $number < 80 ? (1, $number - 40) : (2, $number - 80));
        $number = 0;
    }
    return join '.', @parts;
}

# The bytes of a whole number that is not negative.
sub positive {
    my ($self) = @_;
    my $content = $self->expect('INTEGER')->{content};
    _fail('expected the shortest form of a number')
        if $content eq q() || $content =~ /\A(?:\x00[\x00-\x7F]|\xFF[\x80-\xFF])/s;
    _fail('expected a number that is not negative') if ord($content) & 0x80;
    return $content;
}

# A small whole number.
sub number {
    my ($self) = @_;
    my $content = $self->positive;
    _fail('expected a small number') if length $content > 3;
    my $number = 0;
    $number = $number * 256 + $_ for unpack 'C*', $content;
    return $number;
}

sub boolean {
    my ($self) = @_;
    my $content = $self->expect('BOOLEAN')->{content};
    return $content eq "\xFF" ? 1 : $content eq "\x00" ? 0 : _fail('expected a boolean');
}

# The bytes of a bit string of whole bytes.
sub bits {
    my ($self) = @_;
    my $content = $self->expect('BIT_STRING')->{content};
    _fail('expected whole bytes in a bit string') if $content !~ /\A\x00/;
    return substr $content, 1;
}

# The numbers of the bits that are set in a named bit string.
sub named_bits {
    my ($self) = @_;
    my $content = $self->expect('BIT_STRING')->{content};
    _fail('expected a bit string') if $content eq q();
    my ($unused, @bytes) = unpack 'C*', $content;
    my $mask = (1 << $unused) - 1;
    _fail('expected unused bits that are zero') if $unused > 7 || (!@bytes && $unused) || (@bytes && $bytes[-1] & $mask);
    my @set;
    for my $bit (0 .. 8 * @bytes - 1) {
        push @set, $bit if $bytes[ $bit >> 3 ] & (0x80 >> ($bit & 7));
    }
    return @set;
}

sub octets { return $_[0]->expect('OCTET_STRING')->{content} }

# The characters of a text in UTF-8 or ASCII.
sub text {
    my ($self) = @_;
    my $text = $self->{content};
    if ($self->is('IA5_STRING')) {
        _fail('expected ASCII') if $text =~ /[^\x00-\x7F]/;
        return $text;
    }
    $self->expect('UTF8_STRING');
    return decode_utf8($text) // _fail('expected UTF-8');
}

# The characters of bytes in UTF-8, or undef.
sub decode_utf8 {
    my ($text) = @_;
    return if $text =~ /[\xC0\xC1\xF5-\xFF]|\xED[\xA0-\xBF]|\xF4[\x90-\xBF]|\xE0[\x80-\x9F]|\xF0[\x80-\x8F]/;
    return utf8::decode($text) ? $text : undef;
}

# The seconds of a UTCTime or GeneralizedTime, in the one form that RFC 5280 has.
sub time {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self) = @_;
    my $text = $self->{content};
    my @parts;
    if ($self->is('UTC_TIME')) {
        @parts = $text =~ /\A([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z\z/ or _fail('expected a time');
        $parts[0] += $parts[0] < 50 ? 2000 : 1900;
    }
    else {
        $self->expect('GENERALIZED');
        @parts = $text =~ /\A([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z\z/ or _fail('expected a time in whole seconds');
    }
    return CPAN::Sigstore::Time::seconds(@parts) // _fail('expected a time that exists');
}

# Writes a value.
sub encode {
    my ($tag, $content) = @_;
    my $length = length $content;
    my $head = $length < 0x80 ? pack('C', $length) : $length < 0x100 ? pack('CC', 0x81, $length) : $length < 0x1_0000 ? pack('Cn', 0x82, $length)
        : pack 'CCn', 0x83, $length >> 16, $length & 0xFFFF;
    return pack('C', $TAG{$tag} // $tag) . $head . $content;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::DER - a strict reader of DER

=head1 SYNOPSIS

    use CPAN::Sigstore::DER;

    my ($algorithm, $key) = CPAN::Sigstore::DER->parse($bytes, 'SEQUENCE')->members;
    my ($oid) = $algorithm->members_of('SEQUENCE');
    print $oid->oid;

=head1 DESCRIPTION

It reads the part of DER that certificates and timestamps have. It refuses
indefinite lengths, lengths and numbers that are not in their shortest form, and
bytes behind a value. Errors are L<CPAN::Sigstore::Error> with the code C<der>.

=head1 METHODS

=head2 parse(BYTES, TAG)

Returns the value that these bytes are. The tag is a name such as C<SEQUENCE>,
or a number; without one, any value is read.

=head2 tag

=head2 content

=head2 raw

The number of the tag, the bytes inside, and all bytes.

=head2 is(TAG)

=head2 expect(TAG)

Whether a value has a tag; and the value itself, or an error.

=head2 members

=head2 members_of(TAG)

=head2 inner

The values inside, those of a certain type, and the one value of an explicit tag.

=head2 oid

=head2 positive

=head2 number

=head2 boolean

=head2 bits

=head2 named_bits

=head2 octets

=head2 text

=head2 time

The content by its type. C<positive> returns bytes, C<time> seconds.

=head1 FUNCTIONS

=head2 encode(TAG, CONTENT)

Returns the bytes of a value.

=head2 decode_utf8(BYTES)

Returns the characters, or C<undef>.

=cut
