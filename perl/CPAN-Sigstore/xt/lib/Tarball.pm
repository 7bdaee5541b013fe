package Tarball;
use strict;
use warnings;

use Exporter               qw(import);
use IO::Compress::Bzip2    ();
use IO::Compress::Gzip     ();

our @EXPORT_OK = qw(tar header member pax gzip bzip2);

my $BLOCK = 512;
# Name, length and content of each field.
my @FIELDS = (
    [ name => 100, q() ], [ mode => 8, "0000644\0" ], [ uid => 8, "0001750\0" ], [ gid => 8, "0001750\0" ], [ size => 12, q() ], [ mtime => 12, "14524200000\0" ],
    [ checksum => 8, q( ) x 8 ], [ type => 1, '0' ], [ link => 100, q() ], [ magic => 8, "ustar\x0000" ], [ owner => 32, q() ], [ group => 32, q() ],
    [ major => 8, "0000000\0" ], [ minor => 8, "0000000\0" ], [ prefix => 155, q() ], [ rest => 12, q() ],
);

# One block. A field is bytes, which zeros follow; a size may be a number, and a checksum a function of the right one.
sub header {
    my ($name, %field) = @_;
    my $checksum = delete $field{checksum} // sub { sprintf "%06o\0 ", $_[0] };
    $field{size} = sprintf "%011o\0", $field{size} // 0 if length($field{size} // 0) < 12;
    my $render = sub { my ($sum) = @_; my %all = (%field, name => $name, checksum => $sum); return join q(), map { pack "a$_->[1]", $all{ $_->[0] } // $_->[2] } @FIELDS };
    my $sum = unpack '%32C*', $render->(q( ) x 8);
    return $render->(ref $checksum ? $checksum->($sum) : $checksum);
}

# A header and its content.
sub member {
    my ($name, %field) = @_;
    my $content = delete $field{content} // q();
    return header($name, size => length $content, %field) . $content . "\0" x (-length($content) % $BLOCK);
}

# An extended header with records. The first argument may have fields of its header.
sub pax {
    my $field = ref $_[0] ? shift : {};
    my $data  = q();
    while (my ($key, $value) = splice @_, 0, 2) {
        my $rest   = " $key=$value\n";
        my $length = length $rest;
        $length = length($rest) + length $length for 1 .. 3;
        $data .= "$length$rest";
    }
    my %field = (type => 'x', %$field);
    return member(delete $field{name} // 'PaxHeaders/x', %field, content => $data);
}

sub tar { my ($blocks) = @_; return $blocks . "\0" x (2 * $BLOCK) }

sub gzip {
    my ($bytes) = @_;
    IO::Compress::Gzip::gzip(\$bytes => \my $packed, -Minimal => 1, -Level => 9) or die "cannot compress: $IO::Compress::Gzip::GzipError\n";
    return $packed;
}

sub bzip2 {
    my ($bytes) = @_;
    IO::Compress::Bzip2::bzip2(\$bytes => \my $packed) or die "cannot compress: $IO::Compress::Bzip2::Bzip2Error\n";
    return $packed;
}

1;
