use strict;
use warnings;

use CPAN::Sigstore::DER ();
use Test::More;

sub parsed {
    my ($bytes, $read) = @_;
    return eval { $read->(CPAN::Sigstore::DER->parse($bytes)) };
}

my %refused = (
    'nothing'                                   => [ q(), 'raw' ],
    'a tag alone'                               => [ "\x30", 'raw' ],
    'a content that is cut off'                 => [ "\x04\x02\x00", 'raw' ],
    'bytes behind the end'                      => [ "\x05\x00\x00", 'raw' ],
    'an indefinite length'                      => [ "\x30\x80\x00\x00", 'raw' ],
    'a length that is longer than needed'       => [ "\x04\x81\x01\x00", 'octets' ],
    'a length with a zero first'                => [ "\x04\x82\x00\x80" . "\0" x 128, 'octets' ],
    'a length of five bytes'                    => [ "\x04\x85\x00\x00\x00\x00\x01\x00", 'octets' ],
    'a tag of two bytes'                        => [ "\x1F\x81\x01\x00", 'raw' ],
    'an end of contents'                        => [ "\x00\x00", 'raw' ],
    'a number without bytes'                    => [ "\x02\x00", 'positive' ],
    'a number with a zero first'                => [ "\x02\x02\x00\x01", 'positive' ],
    'a negative number'                         => [ "\x02\x01\x80", 'positive' ],
    'a number that is no small one'             => [ "\x02\x04\x01\x00\x00\x00", 'number' ],
    'a boolean of BER'                          => [ "\x01\x01\x01", 'boolean' ],
    'a boolean of two bytes'                    => [ "\x01\x02\xFF\xFF", 'boolean' ],
    'a bit string with unused bits'             => [ "\x03\x02\x01\x02", 'bits' ],
    'a bit string without bytes'                => [ "\x03\x00", 'bits' ],
    'unused bits that are set'                  => [ "\x03\x02\x01\x01", 'named_bits' ],
    'an identifier without an end'              => [ "\x06\x02\x2A\x81", 'oid' ],
    'an identifier that is longer than needed'  => [ "\x06\x03\x2A\x80\x01", 'oid' ],
    'an empty identifier'                       => [ "\x06\x00", 'oid' ],
    'a time without seconds'                    => [ "\x17\x0B2601010000Z", 'time' ],
    'a time with an offset'                     => [ "\x17\x11260101000000+0000", 'time' ],
    'a time with a fraction'                    => [ "\x18\x1120260101000000.5Z", 'time' ],
    'a day that does not exist'                 => [ "\x17\x0D260230000000Z", 'time' ],
    'a text that is not UTF-8'                  => [ "\x0C\x01\xFF", 'text' ],
    'a text that is not ASCII'                  => [ "\x16\x01\xFF", 'text' ],
    'members of a primitive value'              => [ "\x04\x00", 'members' ],
    'a member that is cut off'                  => [ "\x30\x03\x04\x02\x00", 'members' ],
    'more members than a limit'                 => [ "\x30\x82\x04\x00" . "\x05\x00" x 512, 'members' ],
);
for my $name (sort keys %refused) {
    my ($bytes, $method) = @{ $refused{$name} };
    my $found = parsed($bytes, sub { my @found = $_[0]->$method; 1 });
    ok !$found && ref $@ && $@->code eq 'der', "rejects $name";
}

is parsed("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01", sub { $_[0]->oid }), '2.16.840.1.101.3.4.2.1', 'reads an identifier';
is parsed("\x17\x0D491231235959Z", sub { $_[0]->time }), 2_524_607_999, 'a year below 50 is in this century';
is parsed("\x17\x0D500101000000Z", sub { $_[0]->time }), -631_152_000, 'and one from 50 on in the last';
is parsed("\x02\x02\x01\x00", sub { $_[0]->number }), 256, 'reads a number';
is_deeply [ parsed("\x03\x02\x07\x80", sub { $_[0]->named_bits }) ], [0], 'reads named bits';
for my $length (0, 127, 128, 255, 256, 65_535, 65_536) {
    my $bytes = CPAN::Sigstore::DER::encode('OCTET_STRING', 'x' x $length);
    is parsed($bytes, sub { length $_[0]->octets }), $length, "writes $length bytes as it reads them";
}

done_testing;
