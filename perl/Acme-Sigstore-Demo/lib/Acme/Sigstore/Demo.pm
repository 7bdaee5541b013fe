package Acme::Sigstore::Demo;

use strict;
use warnings;

use Carp qw(croak);
use Digest::SHA ();
use Exporter qw(import);

our $VERSION   = '0.01';
our @EXPORT_OK = qw(fingerprint);

sub fingerprint {
    my ($path) = @_;
    croak 'fingerprint needs the path of a file' if !defined $path || !length $path;

    # Opened here: Digest::SHA alone would take a name such as "|ls" for a command.
    open my $file, '<:raw', $path or croak "cannot read $path: $!";
    my $digest = Digest::SHA->new(256)->addfile($file)->hexdigest;
    close $file or croak "cannot read $path: $!";

    return join ' ', unpack '(A4)*', $digest;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Acme::Sigstore::Demo - the SHA-256 digest of a file, grouped for reading aloud

=head1 SYNOPSIS

    use Acme::Sigstore::Demo qw(fingerprint);

    print fingerprint('Foo-Bar-1.02.tar.gz'), "\n";

=head1 DESCRIPTION

A Sigstore signature covers one thing: the SHA-256 digest of a file. This
module shows that digest in groups of four digits, so that two people can
compare it over the telephone.

The distribution is small on purpose. The demonstration of C<cpan-sigstore>
packs, signs and verifies it.

=head1 FUNCTIONS

Nothing is exported by default.

=head2 fingerprint

    my $digits = fingerprint($path);

Returns the digest of the file's bytes as sixteen groups of four hexadecimal
digits. Dies when the file cannot be read.

=head1 AUTHOR

The cpan-sigstore authors

=head1 LICENSE

This module may be used under the terms of the MIT license or of the Apache
License, version 2.0, at your choice.

=cut
