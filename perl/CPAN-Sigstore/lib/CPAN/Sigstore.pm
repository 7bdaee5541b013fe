package CPAN::Sigstore;
use 5.016;
use strict;
use warnings;

our $VERSION = '0.01';

1;

__END__

=head1 NAME

CPAN::Sigstore - signed releases on CPAN, by the standard of cpan-sigstore

=head1 SYNOPSIS

    use CPAN::Sigstore::Decision;
    use CPAN::Sigstore::Policy;
    use CPAN::Sigstore::Release;

    my $verdict = CPAN::Sigstore::Decision::decide(
        release   => CPAN::Sigstore::Release->parse_path('authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz'),
        policy    => CPAN::Sigstore::Policy->parse(q()),
        now       => time,
        signature => undef,
    );
    print "$verdict->{finding}: $verdict->{decision}\n";

=head1 DESCRIPTION

A second implementation of the standard for signed releases on CPAN, in pure
Perl. It is written from the text of the standard, and passes the test vectors of
its roles. The program C<cpan-sigstore> is the first implementation.

Of the roles in the standard it has these: a bundle verifier, and an installer for
CPAN.pm and cpm. It is a verifier in part. It does not judge the form of an
archive (section 2.6), reads no author index (section 5) and no log (section 10),
and keeps no trust store (section 8). So a user of the modules names the authors
in a policy. The program has all roles, and the modules ask it if it is installed.

=head1 MODULES

=over

=item L<CPAN::Sigstore::Release>, L<CPAN::Sigstore::Version>

Names and paths of releases, and versions as Perl compares them.

=item L<CPAN::Sigstore::Record>, L<CPAN::Sigstore::Identity>, L<CPAN::Sigstore::Chain>

Author records, the identities in them, and record chains.

=item L<CPAN::Sigstore::Policy>, L<CPAN::Sigstore::Decision>

The settings of a user, and the decision about a release.

=item L<CPAN::Sigstore::Verifier>

Verifies that an identity signed a file: L<CPAN::Sigstore::Bundle>,
L<CPAN::Sigstore::Certificate>, L<CPAN::Sigstore::Log>,
L<CPAN::Sigstore::Timestamp>, and L<CPAN::Sigstore::TrustedRoot>. The signatures
themselves are verified by L<CryptX> or C<openssl>, in
L<CPAN::Sigstore::Crypto>.

=item L<CPAN::Sigstore::Program>, L<CPAN::Sigstore::Command>

The program C<cpan-sigstore> by its JSON interface, and the command
L<cpan-verify>.

=item L<CPAN::Sigstore::JSON>, L<CPAN::Sigstore::TOML>, L<CPAN::Sigstore::Time>, L<CPAN::Sigstore::DER>, L<CPAN::Sigstore::Fields>, L<CPAN::Sigstore::Error>

Strict readers, and errors with stable codes.

=back

=head1 LICENSE

You may use this distribution under the terms of the MIT license or of the
Apache License, version 2.0.

=cut
