#!/usr/bin/env perl
# The suite of the standard passes a right program, and tells a wrong one what it misses.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

chdir dirname(dirname(dirname(abs_path(__FILE__)))) or die "cannot enter the project: $!\n";
my $client = 'perl/CPAN-Sigstore/xt/suite-client';
my $file   = File::Temp->new;

# Runs the suite against a program of Perl; without the bundles, which take longer.
sub suite {
    my (@program) = @_;
    open my $handle, '-|', 'docs/spec/suite/run', '--only', 'names,records,succession,gate', $^X, @program or die "cannot run the suite: $!\n";
    my $text = do { local $/ = undef; <$handle> };
    close $handle;
    return ($? >> 8, $text);
}

# The client, with a change of its modules.
sub wrong {
    my ($change) = @_;
    return suite('-Iperl/CPAN-Sigstore/lib', '-Iperl/CPAN-Sigstore/t/lib', '-e', "no warnings; $change; do './$client'; die \$@ if \$@");
}

my ($exit, $text) = suite($client);
is $exit, 0, 'the Perl modules pass';
like $text, qr/\A(\d+) of \1 cases pass\n\z/, 'with all cases';

my %wrong = (
    'that has no owners of packages' => [ '*CPAN::Sigstore::Decision::_owner = sub { () }; use CPAN::Sigstore::Decision', '6.9', '3.4' ],
    'whose * matches a slash' => [ 'use CPAN::Sigstore::Identity; *CPAN::Sigstore::Identity::is_pattern = sub { 1 }', '3.4', '6.9' ],
    'that keeps the last of two records' => [ 'use CPAN::Sigstore::Chain; *CPAN::Sigstore::Chain::_get = sub { $_[1] > 1 ? $_[0]{records}[$_[1] - 1] : ()}', '4.4', '3.4' ],
    'that does not know underscores' => [ 'use CPAN::Sigstore::Version; *CPAN::Sigstore::Version::trial = sub { }; *CPAN::Sigstore::Version::names_same_release = sub { $_[0]->compare($_[1]) == 0 }', '2.5', '6.9' ],
);
for my $name (sort keys %wrong) {
    my ($change, $missed, $met) = @{ $wrong{$name} };
    my ($code, $report) = wrong($change);
    is $code, 1, "a program $name fails";
    like $report, qr/^falls short of section \Q$missed\E of /m, "and misses $missed";
    unlike $report, qr/^falls short of section \Q$met\E of /m, "and not $met";
}

for my $program ('1', 'print qq({}\n) while <STDIN>', 'print qq(nothing\n) while <STDIN>', 'print qq({"id":1,"result":{"finding":null}}\n) while <STDIN>') {
    local $/ = "\n";
    is +(suite('-e', "local \$| = 1; $program"))[0], 1, "a program that answers nothing fails: $program";
}

done_testing;
