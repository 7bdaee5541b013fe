use strict;
use warnings;

use CPAN::Sigstore::JSON ();
use Test::More;

my %refused = (
    'a key that is there twice'             => [ '{"a":1,"a":1}', 'duplicate-key' ],
    'the same key in an escape'             => [ '{"a":1,"\u0061":1}', 'duplicate-key' ],
    'a key twice below another'             => [ '[{"b":{"a":1,"a":2}}]', 'duplicate-key' ],
    'text behind the value'                 => [ '{} {}', 'not-json' ],
    'a comment'                             => [ '{}//', 'not-json' ],
    'a comma at the end'                    => [ '[1,]', 'not-json' ],
    'nothing'                               => [ q(), 'not-json' ],
    'a byte order mark'                     => [ "\xEF\xBB\xBF{}", 'not-json' ],
    'invalid UTF-8'                         => [ qq("\xFF"), 'not-json' ],
    'an overlong form'                      => [ qq("\xC0\xAF"), 'not-json' ],
    'a surrogate in UTF-8'                  => [ qq("\xED\xA0\x80"), 'not-json' ],
    'a character above U+10FFFF'            => [ qq("\xF4\x90\x80\x80"), 'not-json' ],
    'half a pair of surrogates'             => [ '"\ud800"', 'not-json' ],
    'the second half alone'                 => [ '"\udc00"', 'not-json' ],
    'a line break in a text'                => [ qq("a\nb"), 'not-json' ],
    'an escape that JSON does not have'     => [ '"\x41"', 'not-json' ],
    'a number with a zero first'            => [ '01', 'not-json' ],
    'a number with a plus'                  => [ '+1', 'not-json' ],
    'digits of another script'              => [ "\xD9\xA1", 'not-json' ],
    'a number without digits'               => [ '-', 'not-json' ],
    'a word that JSON does not have'        => [ 'NaN', 'not-json' ],
    'too many levels'                       => [ '[' x 40 . ']' x 40, 'not-json' ],
);
for my $name (sort keys %refused) {
    my ($text, $code) = @{ $refused{$name} };
    my $value = eval { CPAN::Sigstore::JSON::decode($text) };
    is $@ && $@->code, $code, "rejects $name";
}

my $value = CPAN::Sigstore::JSON::decode(qq({"a":"\xC3\xAF\\ud83d\\ude00","b":[1,1.0,1e2,true,null]}));
is $value->{a}, "\x{EF}\x{1F600}", 'reads texts as characters';
is_deeply [ map { ref && $_->can('whole') ? $_->whole : undef } @{ $value->{b} } ], [ 1, undef, undef, undef, undef ],
    'knows whole numbers';
is $value->{b}[3]->is_true, 1, 'reads booleans';

is CPAN::Sigstore::JSON::canonical(CPAN::Sigstore::JSON::decode(qq( { "b" : "\\u000b\\/\xC3\xAF" , "a" : [ 12 , false, null ] } ))),
    qq({"a":[12,false,null],"b":"\\u000b/\xC3\xAF"}), 'writes the canonical form';
is eval { CPAN::Sigstore::JSON::canonical(CPAN::Sigstore::JSON::decode('1.0')) }, undef, 'which has no fractions';

done_testing;
