package Acme::Sigstore::Dzil;

# ABSTRACT: the name of the bundle that belongs to an archive

use strict;
use warnings;

use Carp     qw(croak);
use Exporter qw(import);

our $VERSION   = '0.01';
our @EXPORT_OK = qw(bundle_of);

sub bundle_of {
    my ($archive) = @_;
    croak 'bundle_of needs the name of an archive' if !defined $archive || $archive !~ m{[^/]\z};
    return "$archive.sigstore.json";
}

1;

__END__

=encoding UTF-8

=head1 NAME

Acme::Sigstore::Dzil - the name of the bundle that belongs to an archive

=head1 SYNOPSIS

    use Acme::Sigstore::Dzil qw(bundle_of);

    print bundle_of('Foo-Bar-1.02.tar.gz'), "\n";    # Foo-Bar-1.02.tar.gz.sigstore.json

=head1 DESCRIPTION

The distribution is small on purpose, and built by L<Dist::Zilla>. The
demonstration of C<cpan-sigstore> releases it.

=head1 FUNCTIONS

Nothing is exported by default.

=head2 bundle_of

    my $bundle = bundle_of($archive);

Returns the path of the bundle beside the archive. Dies when the path names no
file.

=head1 AUTHOR

The cpan-sigstore authors

=head1 LICENSE

This module may be used under the terms of the MIT license.

=cut
