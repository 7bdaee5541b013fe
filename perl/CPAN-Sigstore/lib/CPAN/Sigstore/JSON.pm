package CPAN::Sigstore::JSON;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Error ();

our $VERSION = '0.01';

# Deepest nesting that is read. A bundle has 8 levels.
our $DEPTH_LIMIT = 32;

my %ESCAPED = (
    '"' => '"', '\\' => '\\', '/' => '/', b => "\b", f => "\f", n => "\n", r => "\r", t => "\t",
);
my %ESCAPE = ("\b" => '\b', "\t" => '\t', "\n" => '\n', "\f" => '\f', "\r" => '\r', '"' => '\"', '\\' => '\\\\');

# Reads JSON from bytes. Numbers are objects with the text as written; booleans are objects, too.
sub decode {
    my ($bytes) = @_;
    my $text = $bytes;
    _fail('not-json', 'invalid JSON: expected UTF-8') if !_is_utf8($bytes) || !utf8::decode($text);
    my $value = _value(\$text, 0);
    _space(\$text);
    _fail('not-json', 'invalid JSON: expected the end, found more text') if pos $text < length $text;
    return $value;
}

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, $message);
}

# Perl's own decoder accepts surrogates and characters above U+10FFFF.
sub _is_utf8 {
    my ($bytes) = @_;
    return $bytes !~ /[\xC0\xC1\xF5-\xFF]|\xED[\xA0-\xBF]|\xF4[\x90-\xBF]|\xE0[\x80-\x9F]|\xF0[\x80-\x8F]/;
}

sub _space {
    my ($text) = @_;
    pos $$text //= 0;
    $$text =~ /\G[ \t\r\n]+/gc;
    return;
}

sub _value {
    my ($text, $depth) = @_;
    _fail('not-json', "invalid JSON: expected at most $DEPTH_LIMIT levels") if $depth > $DEPTH_LIMIT;
    _space($text);
    return _object($text, $depth) if $$text =~ /\G\{/gc;
    return _array($text, $depth)  if $$text =~ /\G\[/gc;
    return _string($text)         if $$text =~ /\G"/gc;
    return bless { text => $1 }, 'CPAN::Sigstore::JSON::Number'
        if $$text =~ /\G(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)/gc;
    return bless { value => $1 eq 'true' }, 'CPAN::Sigstore::JSON::Boolean' if $$text =~ /\G(true|false)/gc;
    return undef if $$text =~ /\Gnull/gc;    ## no critic (ProhibitExplicitReturnUndef)
    return _fail('not-json', 'invalid JSON: expected a value at character ' . pos $$text);
}

sub _object {
    my ($text, $depth) = @_;
    my %object;
    _space($text);
    return \%object if $$text =~ /\G\}/gc;
    while (1) {
        _space($text);
        $$text =~ /\G"/gc or _fail('not-json', 'invalid JSON: expected a key at character ' . pos $$text);
        my $key = _string($text);
        _fail('duplicate-key', "invalid JSON: expected each key once, found `$key` twice") if exists $object{$key};
        _space($text);
        $$text =~ /\G:/gc or _fail('not-json', 'invalid JSON: expected a colon at character ' . pos $$text);
        $object{$key} = _value($text, $depth + 1);
        _space($text);
        next            if $$text =~ /\G,/gc;
        return \%object if $$text =~ /\G\}/gc;
        _fail('not-json', 'invalid JSON: expected a comma or the end of an object at character ' . pos $$text);
    }
}

sub _array {
    my ($text, $depth) = @_;
    my @array;
    _space($text);
    return \@array if $$text =~ /\G\]/gc;
    while (1) {
        push @array, _value($text, $depth + 1);
        _space($text);
        next           if $$text =~ /\G,/gc;
        return \@array if $$text =~ /\G\]/gc;
        _fail('not-json', 'invalid JSON: expected a comma or the end of a list at character ' . pos $$text);
    }
}

sub _string {
    my ($text) = @_;
    my $string = q();
    while (1) {
        $string .= $1 if $$text =~ /\G([^"\\\x00-\x1F]+)/gc;
        return $string if $$text =~ /\G"/gc;
        if ($$text =~ /\G\\u([0-9A-Fa-f]{4})/gc) {
            my $unit = hex $1;
            if ($unit >= 0xD800 && $unit <= 0xDBFF && $$text =~ /\G\\u(D[C-Fc-f][0-9A-Fa-f]{2}|d[C-Fc-f][0-9A-Fa-f]{2})/gc) {
                $unit = 0x10000 + (($unit - 0xD800) << 10) + (hex($1) - 0xDC00);
            }
            _fail('not-json', 'invalid JSON: expected a pair of surrogates') if $unit >= 0xD800 && $unit <= 0xDFFF;
            $string .= chr $unit;
        }
        elsif ($$text =~ m{\G\\(["\\/bfnrt])}gc) {
            $string .= $ESCAPED{$1};
        }
        else {
            _fail('not-json', 'invalid JSON: expected the end of a string at character ' . pos $$text);
        }
    }
}

# The canonical form of RFC 8785, as bytes. It knows no numbers but whole ones.
sub canonical {
    my ($value) = @_;
    my $text = _canonical($value);
    utf8::encode($text);
    return $text;
}

sub _canonical {
    my ($value) = @_;
    if (ref $value eq 'HASH') {
        return '{' . join(',', map { _quoted($_) . ':' . _canonical($value->{$_}) } sort { _units($a) cmp _units($b) } keys %$value) . '}';
    }
    return '[' . join(',', map { _canonical($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return 'null'          if !defined $value;
    return _quoted($value) if !ref $value;
    return $value->is_true ? 'true' : 'false' if $value->isa('CPAN::Sigstore::JSON::Boolean');
    my $number = $value->text;
    _fail('not-canonical', "invalid number: expected a whole one, found $number") if !defined $value->whole;
    return $number;
}

# RFC 8785 sorts keys by their UTF-16 units.
sub _units {
    my ($key) = @_;
    return join q(), map { $_ > 0xFFFF ? pack('n2', 0xD800 + (($_ - 0x10000) >> 10), 0xDC00 + (($_ - 0x10000) & 0x3FF)) : pack 'n', $_ }
        map {ord} split //, $key;
}

sub _quoted {
    my ($text) = @_;
    $text =~ s/(["\\\x00-\x1F])/$ESCAPE{$1} \/\/ sprintf '\u%04x', ord $1/ge;
    return qq("$text");
}

package CPAN::Sigstore::JSON::Number;    ## no critic (ProhibitMultiplePackages)

sub text { return $_[0]{text} }

# The number, if it is a whole one that every reader takes alike.
sub whole {
    my ($self) = @_;
    return $self->{text} =~ /\A(?:0|-?[1-9][0-9]{0,14})\z/ ? 0 + $self->{text} : undef;
}

package CPAN::Sigstore::JSON::Boolean;    ## no critic (ProhibitMultiplePackages)

sub is_true { return $_[0]{value} ? 1 : 0 }

1;

__END__

=head1 NAME

CPAN::Sigstore::JSON - JSON, read strictly

=head1 SYNOPSIS

    use CPAN::Sigstore::JSON;

    my $value = CPAN::Sigstore::JSON::decode('{"version":1}');
    print $value->{version}->whole;

    print CPAN::Sigstore::JSON::canonical($value);

=head1 DESCRIPTION

Two programs must not see two values in one text. So this reader refuses a key
that is there twice, text behind the value, invalid UTF-8, lone surrogates, and
more than 32 levels. It keeps numbers as they are written.

=head1 FUNCTIONS

=head2 decode(BYTES)

Returns the value. Objects are hashes, lists are arrays, texts are strings of
characters, and C<null> is C<undef>. A number is an object with the methods
C<text> and C<whole>. C<whole> is undefined unless the number is a whole one
of at most 15 digits without fraction and exponent. C<true> and C<false> are
objects with the method C<is_true>.

It throws a L<CPAN::Sigstore::Error> with the code C<not-json> or
C<duplicate-key>.

=head2 canonical(VALUE)

Returns the bytes of the canonical form of RFC 8785. It throws C<not-canonical>
for a number that is not a whole one.

=cut
