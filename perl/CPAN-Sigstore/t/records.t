use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Vectors qw(vectors seconds signer);

use CPAN::Sigstore::Chain  ();
use CPAN::Sigstore::Record ();
use Test::More;

for my $case (vectors('records')) {
    my $record = eval { CPAN::Sigstore::Record->parse($case->{record}) };
    my $error  = $@;
    my $found  = $record ? { accepted => 1, digest => $record->digest } : { accepted => 0, error => $error->code };
    my %expected = map { exists $case->{$_} ? ($_ => $case->{$_}) : () } qw(digest error);
    is_deeply $found, { accepted => $case->{accepted} ? 1 : 0, %expected }, "$case->{section} $case->{name}";
}

for my $case (vectors('succession')) {
    my $chain   = CPAN::Sigstore::Chain->new($case->{author});
    my %context = (now => seconds($case->{now}), overrides => $case->{overrides});
    my (@outcomes, @expected);
    for my $arrival (@{ $case->{arrivals} }) {
        my $signed = {
            record => CPAN::Sigstore::Record->parse($arrival->{record}),
            signer => signer($arrival->{signer}),
            times  => [ map { seconds($_) } @{ $arrival->{signed} } ],
        };
        my ($result) = $chain->append($signed, %context);
        push @outcomes, $result->[0];
        push @expected, $arrival->{outcome};
    }
    my $name = "$case->{section} $case->{name}";
    is_deeply \@outcomes, \@expected, "$name: outcomes";
    is_deeply [ map { $_->{record}->digest } $chain->records ], $case->{chain}, "$name: chain";
}

done_testing;
