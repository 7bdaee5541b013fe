package StandIn;
use strict;
use warnings;

use File::Basename ();
use File::Copy     ();

# What cpm 1.1 does with its resolvers: a worker asks one after the other until one has no error (Cascade), and another
# worker copies the file at the address (Installer). A stand-in where cpm is not installed.
sub install {
    my ($folder, $package, @resolvers) = @_;
    pipe my $reader, my $writer or die "cannot make a pipe: $!\n";
    my $worker = fork // die "cannot fork: $!\n";
    if (!$worker) {
        my $found = _cascade($package, @resolvers);
        print {$writer} join "\n", map { $found->{$_} // q() } qw(source uri distfile);
        close $writer or die "cannot write: $!\n";
        # A worker of cpm ends in the same way, without destructors.
        require POSIX;
        POSIX::_exit(0);
    }
    close $writer or die "cannot write: $!\n";
    my ($source, $uri, $distfile) = map { chomp; $_ } <$reader>;
    waitpid $worker, 0;
    return if !defined $uri || $uri !~ s{\Afile://}{};
    my $target = "$folder/" . File::Basename::basename($uri);
    File::Copy::copy($uri, $target) or return;
    return $target;
}

sub _cascade {
    my ($package, @resolvers) = @_;
    for my $resolver (@resolvers) {
        my $found = $resolver->resolve(undef, { package => $package, version_range => 0 });
        return $found if $found && !$found->{error};
    }
    return {};
}

1;
