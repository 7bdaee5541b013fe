use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Vectors qw(vectors seconds signer);

use CPAN::Sigstore::Chain    ();
use CPAN::Sigstore::Decision ();
use CPAN::Sigstore::Policy   ();
use CPAN::Sigstore::Record   ();
use CPAN::Sigstore::Release  ();
use Test::More;

sub signed {
    return [
        map {
            {
                record => CPAN::Sigstore::Record->parse($_->{record}),
                signer => signer($_->{signer}),
                times  => [ map { seconds($_) } @{ $_->{signed} } ],
            }
        } @{ $_[0] || [] }
    ];
}

sub release {
    my ($path) = @_;
    return if !defined $path;
    return CPAN::Sigstore::Release->parse_path($path) // die "invalid path: $path\n";
}

sub signature {
    my ($stated) = @_;
    return if !$stated;
    return { refused => $stated->{refused} }     if exists $stated->{refused};
    return { undetermined => $stated->{untold} } if exists $stated->{untold};
    return {
        signer    => signer($stated->{signer}),
        times     => [ map { seconds($_) } @{ $stated->{signed} } ],
        statement => $stated->{statement},
    };
}

sub facts {
    my ($case)    = @_;
    my $release    = release($case->{release});
    my $remembered = $case->{remembered};
    my $index      = $case->{index};
    return (
        release        => $release,
        policy         => CPAN::Sigstore::Policy->parse($case->{policy}),
        now            => seconds($case->{now}),
        packages       => $case->{packages} || [],
        signature      => scalar signature($case->{signature}),
        trust_age_days => $case->{'trust-material-days'},
        digest         => 'sha256:' . '01' x 32,
        archive        => $case->{archive},
        known          => {
            chain        => scalar CPAN::Sigstore::Chain->restored($release->author, @{ signed($remembered->{records}) }),
            author       => scalar signer($remembered->{author}),
            distribution => $remembered->{distribution}
            ? { author => $remembered->{distribution}{author}, signer => signer($remembered->{distribution}{signer}) }
            : undef,
            signed  => scalar release($remembered->{signed}),
            newest  => [ map { release($_) } @{ $remembered->{newest} || [] } ],
            owners  => { map { $_->{package} => $_ } @{ $remembered->{owners} || [] } },
            signing => $remembered->{signing} || {},
        },
        index => $index
        ? {
            absent   => $index->{absent},
            future   => $index->{future},
            age_days => $index->{'age-days'} // 0,
            records  => signed($index->{records}),
            packages => $index->{packages} || {},
            }
        : undef,
        directory => signed($case->{directory}),
        overrides => $case->{overrides},
    );
}

for my $case (vectors('gate')) {
    my $verdict  = CPAN::Sigstore::Decision::decide(facts($case));
    my %expected = (owner => undef, %{ $case->{expected} });
    my %found    = map { $_ => $verdict->{$_} } qw(finding decision exit binding owner);
    if ($expected{remembers}) {
        $expected{remembers} = { packages => [], newest => 0, %{ $expected{remembers} } };
        $found{remembers} = $verdict->{remembers};
    }
    is_deeply \%found, \%expected, "$case->{section} $case->{name}" or diag explain \%found;
}

done_testing;
