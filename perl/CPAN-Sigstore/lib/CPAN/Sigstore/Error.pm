package CPAN::Sigstore::Error;
use 5.016;
use strict;
use warnings;

use overload '""' => sub { $_[0]->message }, bool => sub {1}, fallback => 1;

our $VERSION = '0.01';

sub throw {
    my ($class, $code, $message) = @_;
    die bless { code => $code, message => $message }, $class;
}

sub code    { return $_[0]{code} }
sub message { return $_[0]{message} }

# Makes an error of anything that was thrown. An exception of Perl itself has the code of the caller.
sub of {
    my ($class, $thrown, $code) = @_;
    return $thrown if ref $thrown && eval { $thrown->isa($class) };
    my $text = "$thrown";
    $text =~ s/ at \S+ line \d+\.?\n?\z//;
    return bless { code => $code, message => $text }, $class;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Error - an error with a stable code

=head1 SYNOPSIS

    use CPAN::Sigstore::Error;

    eval { CPAN::Sigstore::Error->throw('bundle-not-json', 'invalid bundle: expected JSON') };
    my $error = CPAN::Sigstore::Error->of($@, 'unsupported');
    print $error->code, ': ', $error->message, "\n";

=head1 METHODS

=head2 throw(CODE, MESSAGE)

Throws an error. The code is one of the causes or kinds of the standard.

=head2 of(THROWN, CODE)

Returns an error for anything that was thrown. An exception of another class gets the code.

=head2 code

The stable code, in small letters with hyphens.

=head2 message

One sentence for people. An error as a string is its message.

=cut
