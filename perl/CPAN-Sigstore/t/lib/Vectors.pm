package Vectors;
use strict;
use warnings;

use Exporter qw(import);
use FindBin  ();

use CPAN::Sigstore::JSON ();
use CPAN::Sigstore::Time ();

our @EXPORT_OK = qw(vectors seconds signer);

# The cases of one file of the standard, with numbers and booleans as Perl's own. Records are bytes.
sub vectors {
    my ($name) = @_;
    my $file = "$FindBin::Bin/vectors/$name.json";
    open my $handle, '<:raw', $file or die "cannot read $file: $!\n";
    my $bytes = do { local $/ = undef; <$handle> };
    close $handle or die "cannot read $file: $!\n";
    my @cases = @{ plain(CPAN::Sigstore::JSON::decode($bytes)) };
    die "expected vectors in $file, found none\n" if !@cases;
    return @cases;
}

sub plain {
    my ($value) = @_;
    return [ map { plain($_) } @$value ] if ref $value eq 'ARRAY';
    if (ref $value eq 'HASH') {
        my %plain = map { $_ => plain($value->{$_}) } keys %$value;
        utf8::encode($plain{record}) if defined $plain{record} && !ref $plain{record};
        return \%plain;
    }
    return $value if !ref $value;
    return $value->isa('CPAN::Sigstore::JSON::Number') ? $value->whole : $value->is_true;
}

sub seconds {
    my ($time) = @_;
    return CPAN::Sigstore::Time::parse($time) // die "invalid time: $time\n";
}

# A signer of the vectors.
sub signer {
    my ($signer) = @_;
    return defined $signer ? { claims => {}, %$signer } : undef;
}

1;
