# Whether Perl's toolchain reads META files: prints a line for each path that it reads, `ok` or the reason.
use strict;
use warnings;
use CPAN::Meta::YAML    ();
use Parse::CPAN::Meta   ();

$| = 1;
binmode STDOUT, ':encoding(UTF-8)';
while (my $path = <STDIN>) {
    chomp $path;
    local $SIG{__WARN__} = sub { die @_ };
    my $meta = eval {
        CPAN::Meta::YAML->read($path) if $path =~ /\.yml\z/;
        Parse::CPAN::Meta->load_file($path);
    };
    my $reason = ref $meta eq 'HASH' ? 'ok' : $@ || 'another value';
    print $reason =~ s/\s+/ /gr, "\n";
}
