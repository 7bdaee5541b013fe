# The check of Perl's version.
use strict;
use warnings;

use File::Temp ();
use FindBin    ();
use Test::More;

# Whether the check accepts a file with this code.
sub is_accepted {
    my ($code) = @_;
    my $file = File::Temp->new(SUFFIX => '.pm');
    print {$file} "use 5.016;\n$code\n";
    close $file or die "cannot write: $!\n";
    open my $saved, '>&', \*STDERR or die "cannot write: $!\n";
    open STDERR, '>', File::Spec->devnull or die "cannot write: $!\n";
    my $status = system $^X, "$FindBin::Bin/../oldest-perl", '5.16', "$file";
    open STDERR, '>&', $saved or die "cannot write: $!\n";
    return $status == 0;
}

for my $code (
    'my @a = $x->@*;', 'my %s = %h{qw(a b)};', 'my %q = %$x{qw(a)};', "my \$t = <<~A;\n x\n A\n", 'print if $x =~ /\b{wb}/;', 'my \@al = $x;', 'my $b = 1 < 2 < 3;',
    'for my ($k, $v) (%h) { }', 'try { } catch ($e) { }', 'sub f ($x) { }', 'print if $x isa Foo;', 'use feature qw(signatures);',
    )
{
    ok !is_accepted($code), "rejects $code";
}
for my $code ('my %x = (%$self, %{$x}, a => $x < 3);', 'my $y = s/a/b/r; my $z = substr($x, 1) // 2;', 'sub f($$) { return q(sub f ($x)) }', '# $x->@*', 'my %y; @y{qw(a b)} = (1, 2); print @{$x}{qw(a)};') {
    ok is_accepted($code), "accepts $code";
}

done_testing;
