use strict;
use warnings;

use Test::More;

use Acme::Sigstore::Dzil qw(bundle_of);

is bundle_of('Foo-Bar-1.02.tar.gz'), 'Foo-Bar-1.02.tar.gz.sigstore.json', 'returns the name of the bundle';
is bundle_of('dist/Foo-Bar-1.02.zip'), 'dist/Foo-Bar-1.02.zip.sigstore.json', 'puts it beside the archive';

for my $nothing (undef, q(), 'dist/') {
    is eval { bundle_of($nothing) }, undef, 'fails for other files than archives';
    like $@, qr/needs the name of an archive/, 'and reports the expected argument';
}

done_testing;
