package CPAN::Sigstore::TOML;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Error ();
use CPAN::Sigstore::JSON  ();

our $VERSION = '0.01';

my $DEPTH_LIMIT = 16;
my %ESCAPED     = (b => "\b", t => "\t", n => "\n", f => "\f", r => "\r", '"' => '"', '\\' => '\\');

# Reads the part of TOML that a policy needs: tables, dotted keys, texts on one line, whole numbers, booleans,
# lists and inline tables. Everything else is an error.
sub parse {
    my ($text) = @_;
    my %root;
    my $table = \%root;
    my %headed;
    pos $text = 0;
    while (1) {
        _blank(\$text);
        last if pos $text == length $text;
        if ($text =~ /\G\[(?!\[)/gc) {
            my @keys = _keys(\$text);
            $text =~ /\G[ \t]*\]/gc or _fail(\$text, 'the end of a table name');
            $table = _table(\$text, \%root, @keys);
            _fail(\$text, "each table once, found [@keys] twice") if $headed{ join "\0", @keys }++;
        }
        else {
            _pair(\$text, $table, 0);
        }
        $text =~ /\G[ \t]*(?:#[^\n]*)?(?:\r?\n|\z)/gc or _fail(\$text, 'the end of the line');
    }
    return \%root;
}

sub _fail {
    my ($text, $expected) = @_;
    my $before = substr $$text, 0, pos($$text) // 0;
    my $line = 1 + ($before =~ tr/\n//);
    return CPAN::Sigstore::Error->throw('policy', "invalid policy: line $line: expected $expected");
}

# White space, comments and line breaks.
sub _blank {
    my ($text) = @_;
    $$text =~ /\G(?:[ \t\r\n]+|#[^\n]*)+/gc;
    return;
}

sub _keys {
    my ($text) = @_;
    my @keys;
    while (1) {
        $$text =~ /\G[ \t]+/gc;
        if    ($$text =~ /\G([A-Za-z0-9_-]+)/gc) { push @keys, $1 }
        elsif ($$text =~ /\G(?=["'])/gc)         { push @keys, _text($text) }
        else                                     { _fail($text, 'a key') }
        $$text =~ /\G[ \t]*\./gc or return @keys;
    }
}

# The table below these keys, which is made if it is not there.
sub _table {
    my ($text, $table, @keys) = @_;
    for my $key (@keys) {
        $table->{$key} //= {};
        _fail($text, "a table for `$key`") if ref $table->{$key} ne 'HASH';
        $table = $table->{$key};
    }
    return $table;
}

sub _pair {
    my ($text, $table, $depth) = @_;
    my @keys = _keys($text);
    $$text =~ /\G[ \t]*=[ \t]*/gc or _fail($text, 'an equals sign');
    my $last = pop @keys;
    $table = _table($text, $table, @keys);
    _fail($text, "each key once, found a duplicate `$last`") if exists $table->{$last};
    $table->{$last} = _value($text, $depth + 1);
    return;
}

sub _value {
    my ($text, $depth) = @_;
    _fail($text, "at most $DEPTH_LIMIT levels") if $depth > $DEPTH_LIMIT;
    return _text($text) if $$text =~ /\G(?=["'])/gc;
    return bless { value => $1 eq 'true' }, 'CPAN::Sigstore::JSON::Boolean' if $$text =~ /\G(true|false)\b/gc;
    return bless { text => $1 }, 'CPAN::Sigstore::JSON::Number' if $$text =~ /\G(0|[1-9][0-9]*)(?![0-9A-Za-z_.:+-])/gc;
    return _list($text, $depth) if $$text =~ /\G\[/gc;
    return _inline($text, $depth) if $$text =~ /\G\{/gc;
    return _fail($text, 'a text, a whole number, `true`, `false`, a list or a table');
}

sub _text {
    my ($text) = @_;
    _fail($text, 'a text on one line') if $$text =~ /\G(?:"""|''')/gc;
    return $1 if $$text =~ /\G'([^'\x00-\x08\x0A-\x1F\x7F]*)'/gc;
    $$text =~ /\G"/gc or _fail($text, 'the end of a text');
    my $value = q();
    while (1) {
        $value .= $1 if $$text =~ /\G([^"\\\x00-\x08\x0A-\x1F\x7F]+)/gc;
        return $value if $$text =~ /\G"/gc;
        if ($$text =~ /\G\\([btnfr"\\])/gc) { $value .= $ESCAPED{$1} }
        elsif ($$text =~ /\G\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/gc) {
            my $code = hex($1 // $2);
            _fail($text, 'a character') if $code > 0x10FFFF || ($code >= 0xD800 && $code <= 0xDFFF);
            $value .= chr $code;
        }
        else { _fail($text, 'the end of a text') }
    }
}

sub _list {
    my ($text, $depth) = @_;
    my @list;
    while (1) {
        _blank($text);
        return \@list if $$text =~ /\G\]/gc;
        push @list, _value($text, $depth + 1);
        _blank($text);
        next          if $$text =~ /\G,/gc;
        return \@list if $$text =~ /\G\]/gc;
        _fail($text, 'a comma or the end of a list');
    }
}

sub _inline {
    my ($text, $depth) = @_;
    my %table;
    $$text =~ /\G[ \t]+/gc;
    return \%table if $$text =~ /\G\}/gc;
    while (1) {
        _pair($text, \%table, $depth);
        $$text =~ /\G[ \t]+/gc;
        next           if $$text =~ /\G,/gc;
        return \%table if $$text =~ /\G\}/gc;
        _fail($text, 'a comma or the end of a table');
    }
}

1;

__END__

=head1 NAME

CPAN::Sigstore::TOML - the part of TOML that a policy needs

=head1 SYNOPSIS

    use CPAN::Sigstore::TOML;

    my $value = CPAN::Sigstore::TOML::parse("default.unsigned = 'deny'\n");

=head1 FUNCTIONS

=head2 parse(TEXT)

Returns a hash of the tables. It reads tables, dotted keys, texts on one line,
whole numbers, booleans, lists and inline tables. Anything else is an error,
which is thrown as a L<CPAN::Sigstore::Error>. Numbers and booleans are objects,
as those of L<CPAN::Sigstore::JSON>.

=cut
