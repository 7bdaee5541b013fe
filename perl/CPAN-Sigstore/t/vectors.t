# The test vectors of the standard.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Vectors qw(vectors answer expected);

use Test::More;

for my $file (qw(names meta records succession gate sequences retrieval bundles)) {
    for my $case (vectors($file)) {
        is_deeply scalar answer($file, $case), expected($file, $case), "$file: $case->{section} $case->{name}";
    }
}

done_testing;
