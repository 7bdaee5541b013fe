use strict;
use warnings;

use CPAN::Sigstore::Release ();
use CPAN::Sigstore::Version ();
use Test::More;

my %parts = (
    'CPAN-DistnameInfo-0.02'                     => [ 'CPAN-DistnameInfo', '0.02' ],
    'perl-5.42.0-RC1'                            => [ 'perl',              '5.42.0-RC1' ],
    'perl5.005_03'                               => [ 'perl',              '5.005_03' ],
    'Unicode-Collate-Standard-V3_1_1-0.1'        => [ 'Unicode-Collate-Standard-V3_1_1', '0.1' ],
    'Task-Deprecations5_14-1.00'                 => [ 'Task-Deprecations5_14', '1.00' ],
    'libao-perl_0.03-1'                          => [ 'libao-perl', '0.03-1' ],
    'CGI.pm-3.05'                                => [ 'CGI',        '3.05' ],
    'Foo-undef'                                  => [ 'Foo',        undef ],
    'Foo-1.0-withoutworldwriteables'             => [ 'Foo',        '1.0' ],
    'Foo-Bar-20a'                                => [ 'Foo-Bar',    '20a' ],
    'Foo-2-3'                                    => [ 'Foo-2',      '3' ],
    'A-Foo-1_02'                                 => [ 'A-Foo',      '1_02' ],
    'Foo-v1'                                     => [ 'Foo',        'v1' ],
    'Bar3'                                       => [ 'Bar',        '3' ],
    'Foo-v1.2-3'                                 => [ 'Foo-v1.2',   '3' ],
    'Foo-1.02_03-4'                              => [ 'Foo-1.02_03', '4' ],
    'v1.2'                                       => [ 'v',          '1.2' ],
    'Foo-.5'                                     => [ 'Foo',        '.5' ],
    'Foo-1-'                                     => [ 'Foo-1',      undef ],
    '1.0'                                        => [ '1.0',        undef ],
    '_'                                          => [ '_',          undef ],
    'Task-BeLike-RJBS-20191226.003'              => [ 'Task-BeLike-RJBS', '20191226.003' ],
    '1' x 250                                    => [ '1' x 250,    undef ],
);
for my $stem (sort keys %parts) {
    is_deeply [ CPAN::Sigstore::Release::split_stem($stem) ], $parts{$stem}, "splits $stem";
}

for my $path (
    'authors/id/T/TI/TIMLEGGE/../MALLORY/Foo-1.tar.gz', 'authors/id/T/TI/TIMLEGGE//Foo-1.tar.gz',
    'authors/id/T/TI/TIMLEGGE/.hidden/Foo-1.tar.gz',    'authors/id/M/MA/TIMLEGGE/Foo-1.tar.gz',
    'authors/id/t/ti/timlegge/Foo-1.tar.gz',            'authors/id/T/TI/Foo-1.tar.gz',
    'authors/id/T/TI/TIMLEGGE/',                        "authors/id/T/TI/TIMLEGGE/Foo-1.tar.gz\n",
    'authors/id/T/TI/TIM/authors/id/E/EV/EVIL/Foo-1.tar.gz',
    )
{
    is(CPAN::Sigstore::Release->parse_path($path), undef, "rejects $path");
}
my $release = CPAN::Sigstore::Release->parse_path('T/TI/TIMLEGGE/sub/Foo-Bar-1.02.tar.gz');
is $release->path,   'authors/id/T/TI/TIMLEGGE/sub/Foo-Bar-1.02.tar.gz', 'reads a path of the package index';
is $release->author, 'TIMLEGGE',                                         'and finds the author';

for my $pair ([ '1.9', '1.10', 1 ], [ 'v1.9.0', 'v1.10.0', -1 ], [ '1.002003', 'v1.2.3', 0 ], [ '1.02_03', '1.0203', 0 ], [ '.1.2', '0.1.2', 0 ]) {
    my ($left, $right) = map { CPAN::Sigstore::Version->parse($_) } @{$pair}[ 0, 1 ];
    is $left->compare($right), $pair->[2], "compares $pair->[0] and $pair->[1]";
}
is(CPAN::Sigstore::Version->parse($_), undef, "rejects the version `$_`")
    for '1_2', '1.2.3.', '1..2', 'v.1.2', '1.2_', 'v1_2.3', '1.2_3_4', '1.2.3-TRIAL', '1e5', q();

done_testing;
