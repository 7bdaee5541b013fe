use strict;
use warnings;

use File::Temp ();
use Test::More;

use Acme::Sigstore::Demo qw(fingerprint);

my $folder = File::Temp->newdir;

sub file_with {
    my ($name, $bytes) = @_;
    my $path = "$folder/$name";
    open my $file, '>:raw', $path or die "cannot write $path: $!";
    print {$file} $bytes or die "cannot write $path: $!";
    close $file or die "cannot write $path: $!";
    return $path;
}

# The one-block example of FIPS 180-2, appendix B.1.
is fingerprint(file_with('abc', 'abc')),
    'ba78 16bf 8f01 cfea 4141 40de 5dae 2223 b003 61a3 9617 7a9c b410 ff61 f200 15ad',
    'returns the digest in groups of four';

isnt fingerprint(file_with('crlf', "a\r\n")), fingerprint(file_with('lf', "a\n")),
    'treats line ends like other bytes';

is eval { fingerprint("$folder/absent") }, undef, 'fails for a missing file';
like $@, qr/cannot read \S+absent/, 'and names it';

is eval { fingerprint('') }, undef, 'fails for an empty path';
like $@, qr/needs the path of a file/, 'and reports the expected argument';

my $marker = "$folder/marker";
is eval { fingerprint("touch $marker |") }, undef, 'treats a name like a command as a name';
ok !-e $marker, 'and does not run it';

done_testing;
