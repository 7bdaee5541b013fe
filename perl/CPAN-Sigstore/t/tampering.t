# Every part of a signature is changed. Each change is refused, with the code of its cause.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Tampering qw(cases);

use Test::More;

for my $case (cases()) {
    is $case->{exhibit}->outcome, $case->{code}, "$case->{name}, Rekor v$case->{version}";
}

done_testing;
