package Mutation;
use strict;
use warnings;

use Exporter     qw(import);
use JSON::PP     ();
use MIME::Base64 qw(encode_base64 decode_base64);

our @EXPORT_OK = qw(pick one_in mutate_document mutate_text mutate_bytes encode clone);

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;

sub encode { return $JSON->encode($_[0]) }
sub clone  { return $JSON->decode($JSON->encode($_[0])) }
sub pick   { return $_[ int rand @_ ] }
sub one_in { return rand() * $_[0] < 1 }

# Changes a document at one place. The donors are documents of which values are borrowed. Returns the change in words.
sub mutate_document {
    my ($document, @donors) = @_;
    my $place = pick(places($document));
    my $value = value($place);
    my @kinds = (\&_remove, \&_null, \&_borrow, \&_retype, \&_repeat, \&_add);
    push @kinds, (\&_text) x 2 if defined $value && !ref $value;
    push @kinds, (\&_number) x 4 if defined $value && !ref $value && $value =~ /\A[0-9]+\z/;
    push @kinds, (\&_bytes) x 4 if is_base64($value);
    return pick(@kinds)->($place, @donors);
}

sub is_base64 { return defined $_[0] && !ref $_[0] && $_[0] =~ m{\A[A-Za-z0-9+/]{8,}={0,2}\z} && length($_[0]) % 4 == 0 }

# Every place of a document: the object or list, and the key there.
sub places {
    my ($value) = @_;
    my @keys = ref $value eq 'HASH' ? sort keys %$value : ref $value eq 'ARRAY' ? 0 .. $#$value : ();
    return map { my $place = [ $value, $_ ]; ($place, places(value($place))) } @keys;
}

sub value {
    my ($place) = @_;
    my ($holder, $key) = @$place;
    return ref $holder eq 'HASH' ? $holder->{$key} : $holder->[$key];
}

sub set {
    my ($place, $value) = @_;
    my ($holder, $key) = @$place;
    if   (ref $holder eq 'HASH') { $holder->{$key} = $value }
    else                         { $holder->[$key] = $value }
    return $key;
}

sub _remove {
    my ($place) = @_;
    my ($holder, $key) = @$place;
    if   (ref $holder eq 'HASH') { delete $holder->{$key} }
    else                         { splice @$holder, $key, 1 }
    return "remove $key";
}

sub _null { return 'null for ' . set($_[0], undef) }

sub _borrow {
    my ($place, @donors) = @_;
    my @same = grep { $_->[1] eq $place->[1] } map { places($_) } @donors;
    return _null($place) if !@same;
    return 'borrow ' . set($place, clone(value(pick(@same))));
}

sub _retype {
    my ($place) = @_;
    my $value = value($place);
    my $other = pick({}, [], q(), 0, -1, 1.5, JSON::PP::true(), JSON::PP::false(), 'x', [$value], { $place->[1] => $value });
    set($place, $other);
    return "retype $place->[1] to " . encode($other);
}

sub _repeat {
    my ($place) = @_;
    my ($holder, $key) = @$place;
    return _add($place) if ref $holder eq 'HASH';
    splice @$holder, $key, 0, map { clone(value($place)) } 1 .. pick(1, 1, 1, 3, 64);
    return "repeat $key";
}

sub _add {
    my ($place) = @_;
    my ($holder, $key) = @$place;
    return _repeat($place) if ref $holder ne 'HASH';
    my $name = pick(qw(comment mediaType logIndex certificate keyid x509CertificateChain publicKey until claims), uc $key, "$key ", q());
    $holder->{$name} = clone(value($place));
    return "add $name";
}

sub _number {
    my ($place) = @_;
    my $value = value($place);
    my $other = pick($value + 0, $value + 1, "$value", "0$value", " $value", "+$value", "-1", -1, 0, '0', q(), 1.5, '1e3', 1e3,
        '999999999999999999', '1000000000000000000', '9223372036854775807', '9223372036854775808', '18446744073709551616');
    set($place, $other);
    return "number $place->[1] " . encode($other);
}

sub _text {
    my ($place) = @_;
    my ($text, $change) = mutate_text(value($place));
    set($place, $text);
    return "$change of $place->[1]";
}

sub _bytes {
    my ($place) = @_;
    my $bytes = decode_base64(value($place));
    my $inner = one_in(2) ? eval { $JSON->decode($bytes) } : undef;
    my $change;
    if   (ref $inner) { $change = mutate_document($inner); $bytes = encode($inner) }
    else              { ($bytes, $change) = mutate_bytes($bytes) }
    set($place, encode_base64($bytes, q()));
    return "$change in $place->[1]";
}

my @PIECES = (
    "\n", q( ), "\t", "\0", '=', 'A', 'a', '0', '1', '-', '_', q(/), '.', '*', '@', '@refs/', '%2F', '+', q("), '\\', "\x7F",
    "\x{85}", "\x{A0}", "\x{AD}", "\x{E9}", "\x{200B}", "\x{2028}", "\x{3000}", "\x{180E}", "\x{FEFF}", "\x{FFFF}", "\x{1F600}", "\x{E0001}",
);

# Changes a text of characters. Returns it with the change in words.
sub mutate_text {
    my ($text) = @_;
    my $at = int rand(1 + length $text);
    my $piece = pick(@PIECES);
    my @changes = (
        [ insert    => sub { substr($text, $at, 0) = $piece } ],
        [ replace   => sub { substr($text, $at, 1) = $piece if $at < length $text } ],
        [ remove    => sub { substr($text, $at, 1) = q() if $at < length $text } ],
        [ 'cut off' => sub { substr($text, $at) = q() } ],
        [ append    => sub { $text .= $piece } ],
        [ prepend   => sub { $text = "$piece$text" } ],
        [ case      => sub { $text = one_in(2) ? uc $text : lc $text } ],
        [ lengthen  => sub { $text .= pick('a', "\x{E9}", "\x{20AC}") x pick(64, 255, 512, 1023, 1025) } ],
        [ double    => sub { my $part = substr $text, $at, pick(1, 2, 4, 8); substr($text, $at, 0) = $part } ],
    );
    my $change = pick(@changes);
    $change->[1]->();
    return ($text, sprintf '%s %s at %d', $change->[0], encode($piece), $at);
}

# Changes bytes: one of them, their number, or a part of their DER.
sub mutate_bytes {
    my ($bytes) = @_;
    my $at = int rand(length($bytes) || 1);
    my @changes = (
        [ bit      => sub { substr($bytes, $at, 1) ^= chr(1 << int rand 8) } ],
        [ byte     => sub { substr($bytes, $at, 1) = chr int rand 256 } ],
        [ remove   => sub { substr($bytes, $at, 1) = q() } ],
        [ insert   => sub { substr($bytes, $at, 0) = chr int rand 256 } ],
        [ append   => sub { $bytes .= chr int rand 256 } ],
        [ 'cut off' => sub { substr($bytes, $at) = q() } ],
        ([ element => sub { $bytes = _mutate_der($bytes) } ]) x 6,
    );
    return ($bytes, 'nothing') if $bytes eq q();
    my $change = pick(@changes);
    $change->[1]->();
    return ($bytes, "$change->[0] at $at");
}

# Changes one element of DER and all lengths around it. Other bytes are left as they are.
sub _mutate_der {
    my ($bytes) = @_;
    my @elements = _elements($bytes) or return $bytes;
    return join q(), map { $_->{head} . $_->{content} } @elements if !@elements;
    my $element = pick(@elements);
    # Often deeper.
    if (ord($element->{head}) & 0x20 || $element->{head} =~ /\A\x04/) {
        if (!one_in(4)) {
            my $inner = _mutate_der($element->{content});
            if ($inner ne $element->{content}) {
                $element->{content} = $inner;
                $element->{head}    = substr($element->{head}, 0, 1) . _length(length $inner);
                return join q(), map { $_->{head} . $_->{content} } @elements;
            }
        }
    }
    my $whole = $element->{head} . $element->{content};
    my @other = map { $_->{head} . $_->{content} } @elements;
    my $at    = int rand @other;
    my $kind  = int rand 6;
    if    ($kind == 0) { splice @other, $at, 1 }
    elsif ($kind == 1) { splice @other, $at, 0, $whole }
    elsif ($kind == 2) { substr($other[$at], 0, 1) = chr int rand 256 }
    elsif ($kind == 3) { @other = reverse @other }
    elsif ($kind == 4) { my $content = $elements[$at]{content} . chr int rand 256; $other[$at] = substr($other[$at], 0, 1) . _length(length $content) . $content }
    # A length in more bytes than it needs.
    else { $other[$at] = substr($other[$at], 0, 1) . "\x84" . pack('N', length $elements[$at]{content}) . $elements[$at]{content} }
    return join q(), @other;
}

sub _elements {
    my ($bytes) = @_;
    my @elements;
    while ($bytes ne q()) {
        return if length $bytes < 2;
        my $length = ord substr $bytes, 1, 1;
        my $head   = 2;
        if ($length & 0x80) {
            my $count = $length & 0x7F;
            return if $count < 1 || $count > 3 || length $bytes < 2 + $count;
            $length = 0;
            $length = $length << 8 | ord for split //, substr $bytes, 2, $count;
            $head += $count;
        }
        return if length $bytes < $head + $length;
        push @elements, { head => substr($bytes, 0, $head), content => substr $bytes, $head, $length };
        $bytes = substr $bytes, $head + $length;
    }
    return @elements;
}

sub _length {
    my ($length) = @_;
    return chr $length if $length < 0x80;
    my $bytes = pack('N', $length) =~ s/\A\x00+//r;
    return chr(0x80 | length $bytes) . $bytes;
}

1;
