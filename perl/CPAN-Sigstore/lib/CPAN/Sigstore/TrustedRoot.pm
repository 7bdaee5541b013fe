package CPAN::Sigstore::TrustedRoot;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Certificate ();
use CPAN::Sigstore::Crypto      ();
use CPAN::Sigstore::Error       ();
use CPAN::Sigstore::Fields      ();
use CPAN::Sigstore::JSON        ();
use CPAN::Sigstore::Time        ();

our $VERSION = '0.01';

my $SIZE_LIMIT  = 4 * 1024 * 1024;
my $COUNT_LIMIT = 100;
my $CHAIN_LIMIT = 10;

# Length of a log's id, in bytes, and the hash of its tree.
my $ID_LENGTH = 32;
my $TREE_HASH = 'SHA2_256';

# The kind of key and hash behind each name of a key in a trusted root.
my %KEY = (
    PKIX_ECDSA_P256_SHA_256         => [ 'P-256',   'SHA256' ],
    PKIX_ECDSA_P384_SHA_384         => [ 'P-384',   'SHA384' ],
    PKIX_ED25519                    => [ 'Ed25519', undef ],
    PKIX_RSA_PKCS1V15_2048_SHA256   => [ 'RSA',     'SHA256' ],
    PKIX_RSA_PKCS1V15_3072_SHA256   => [ 'RSA',     'SHA256' ],
    PKIX_RSA_PKCS1V15_4096_SHA256   => [ 'RSA',     'SHA256' ],
);

sub from_file {
    my ($class, $path) = @_;
    open my $handle, '<:raw', $path or _fail("cannot read $path: $!");
    my $bytes = q();
    my $count = read $handle, $bytes, $SIZE_LIMIT + 1;
    _fail("cannot read $path: $!") if !defined $count;
    close $handle or _fail("cannot read $path: $!");
    return $class->parse($bytes);
}

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('trusted-root', $message);
}

sub parse {
    my ($class, $bytes) = @_;
    my $self = eval { $class->_parse($bytes) };
    return $self // _fail('invalid trusted root: ' . CPAN::Sigstore::Error->of($@, q())->message);
}

sub _parse {
    my ($class, $bytes) = @_;
    _fail("expected at most $SIZE_LIMIT bytes") if length $bytes > $SIZE_LIMIT;
    my $value = CPAN::Sigstore::JSON::decode($bytes);
    _fail('expected an object') if ref $value ne 'HASH';
    my $type = $value->{mediaType} // q();
    _fail('expected its media type') if ref $type || $type !~ m{\Aapplication/vnd\.dev\.sigstore\.trustedroot};
    my %lists;
    for my $key (qw(tlogs ctlogs certificateAuthorities timestampAuthorities)) {
        my $list = $value->{$key} // [];
        _fail("expected a list of at most $COUNT_LIMIT for `$key`") if ref $list ne 'ARRAY' || @$list > $COUNT_LIMIT;
        _fail("expected objects in `$key`") if grep { ref ne 'HASH' } @$list;
        $lists{$key} = $list;
    }
    return bless {
        logs                  => _logs($lists{tlogs}, 1),
        certificate_logs      => _logs($lists{ctlogs}, 0),
        authorities           => [ map { _authority($_) } @{ $lists{certificateAuthorities} } ],
        timestamp_authorities => [ map { _authority($_) } @{ $lists{timestampAuthorities} } ],
    }, $class;
}

# A log whose algorithms are not known is left out: a newer root may have one, and an entry in it is one of an unknown log.
sub _logs {
    my ($logs, $has_address) = @_;
    my @logs = map { _log($_, $has_address) } grep { _is_known($_) } @$logs;
    my %seen;
    _fail('expected each id of a log once') if grep { $seen{ $_->{id} }++ } @logs;
    return \@logs;
}

sub _is_known {
    my ($log) = @_;
    my $details = ref $log->{publicKey} eq 'HASH' ? $log->{publicKey}{keyDetails} : undef;
    my $hash    = $log->{hashAlgorithm};
    return defined $details && !ref $details && $KEY{$details} && defined $hash && !ref $hash && $hash eq $TREE_HASH;
}

sub _log {
    my ($log, $has_address) = @_;
    my ($key, $id, $url) = @{$log}{qw(publicKey logId baseUrl)};
    $url = undef if ref $url;
    _fail('expected the address of a log') if !defined $url && $has_address;
    my %log = (
        url => $url // q(),
        id  => CPAN::Sigstore::Fields::bytes(ref $id eq 'HASH' ? $id->{keyId} : undef),
        _period($key->{validFor}),
    );
    _fail("expected an id of $ID_LENGTH bytes") if length $log{id} != $ID_LENGTH;
    my $details = $key->{keyDetails};
    my ($kind, $hash) = @{ $KEY{$details} };
    my $public = CPAN::Sigstore::Crypto::key(CPAN::Sigstore::Fields::bytes($key->{rawBytes}));
    _fail("expected a key of the kind $details") if ($public->{curve} // $public->{kind}) ne $kind;
    return { %log, key => $public, hash => $hash };
}

# A period has a beginning. Without a period, a key is trusted at any time.
sub _period {
    my ($period) = @_;
    return if !defined $period;
    _fail('expected a period') if ref $period ne 'HASH';
    _fail('expected the beginning of a period') if !defined $period->{start};
    my %times;
    for my $pair ([ start => 'from' ], [ end => 'until' ]) {
        my ($key, $name) = @$pair;
        my $text = $period->{$key} // next;
        my ($seconds, undef, $fraction) = ref $text ? () : CPAN::Sigstore::Time::parse_any($text);
        _fail("expected a time for `$key` of a period") if !defined $seconds;
        $times{$name} = $seconds + $fraction;
    }
    _fail('expected a period that ends after its beginning') if defined $times{until} && $times{until} < $times{from};
    return %times;
}

sub _authority {
    my ($authority) = @_;
    my $chain = $authority->{certChain};
    my $list  = ref $chain eq 'HASH' ? $chain->{certificates} : undef;
    _fail("expected a chain of 1 to $CHAIN_LIMIT certificates") if ref $list ne 'ARRAY' || !@$list || @$list > $CHAIN_LIMIT;
    my @chain;
    for my $entry (@$list) {
        _fail('expected a certificate') if ref $entry ne 'HASH';
        push @chain, CPAN::Sigstore::Certificate->parse(CPAN::Sigstore::Fields::bytes($entry->{rawBytes}));
    }
    return { chain => \@chain, _period($authority->{validFor}) };
}

# Whether a log or authority is trusted at a time. All certificates of an authority have to be valid.
sub is_trusted_at {
    my ($holder, $time) = @_;
    return 0 if defined $holder->{from}  && $time < $holder->{from};
    return 0 if defined $holder->{until} && $time > $holder->{until};
    return (grep { !$_->is_valid_at($time) } @{ $holder->{chain} || [] }) ? 0 : 1;
}

sub logs                  { return @{ $_[0]{logs} } }
sub certificate_logs      { return @{ $_[0]{certificate_logs} } }
sub authorities           { return @{ $_[0]{authorities} } }
sub timestamp_authorities { return @{ $_[0]{timestamp_authorities} } }

1;

__END__

=head1 NAME

CPAN::Sigstore::TrustedRoot - the keys and certificates that a user trusts

=head1 SYNOPSIS

    use CPAN::Sigstore::TrustedRoot;

    my $root = CPAN::Sigstore::TrustedRoot->from_file('trusted_root.json');
    print scalar $root->logs, " logs\n";

=head1 DESCRIPTION

The file C<trusted_root.json> of a Sigstore instance. This module does not fetch
it: the caller vouches for the file. A log with a key or tree of an unknown kind is
left out. It throws a L<CPAN::Sigstore::Error>
with the code C<trusted-root>.

=head1 METHODS

=head2 from_file(PATH)

=head2 parse(BYTES)

The trusted root.

=head2 logs

=head2 certificate_logs

=head2 authorities

=head2 timestamp_authorities

Lists of hashes.

=head1 FUNCTIONS

=head2 is_trusted_at(HOLDER, TIME)

Whether a log or authority is trusted at a time.

=cut
