package CPAN::Sigstore::Timestamp;
use 5.016;
use strict;
use warnings;

use Digest::SHA qw(sha1 sha256);

use CPAN::Sigstore::Certificate ();
use CPAN::Sigstore::Crypto      ();
use CPAN::Sigstore::DER         ();
use CPAN::Sigstore::Error       ();
use CPAN::Sigstore::TrustedRoot ();

our $VERSION = '0.01';

my $SIGNED_DATA         = '1.2.840.113549.1.7.2';
my $TIMESTAMP_INFO      = '1.2.840.113549.1.9.16.1.4';
my $CONTENT_TYPE        = '1.2.840.113549.1.9.3';
my $MESSAGE_DIGEST      = '1.2.840.113549.1.9.4';
my $SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
my $SIGNING_CERTIFICATE_2 = '1.2.840.113549.1.9.16.2.47';
my $RSA_ENCRYPTION      = '1.2.840.113549.1.1.1';
my $EC_PUBLIC_KEY       = '1.2.840.10045.2.1';

# Verifies a response of RFC 3161 over these bytes. Returns the seconds that it states.
sub verify {
    my ($root, $response, $bytes) = @_;
    my $time = eval { _verify($root, $response, $bytes) };
    return $time if defined $time;
    my $error = CPAN::Sigstore::Error->of($@, 'timestamp-invalid');
    die $error if $error->code =~ /\A(?:crypto|timestamp-form|authority-expired)\z/;
    return CPAN::Sigstore::Error->throw('timestamp-invalid', $error->message);
}

sub _verify {
    my ($root, $response, $bytes) = @_;
    my $token = _parse($response);
    _check_imprint($token, $bytes);
    my $reason = 'no trusted timestamp authority signed it';
    my $code   = 'timestamp-invalid';
    for my $authority ($root->timestamp_authorities) {
        my $certificate = _signer($token, $authority) or next;
        next if !_is_signed_by($token, $certificate);
        # The signature is good; the time decides whether it is worth anything.
        if (!CPAN::Sigstore::TrustedRoot::is_trusted_at($authority, $token->{time}) || !$certificate->is_valid_at($token->{time})) {
            ($code, $reason) = ('authority-expired', 'its authority was not valid at the time that it states');
            next;
        }
        return $token->{time};
    }
    return _fail($code, $reason);
}

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, "invalid timestamp: $message");
}

sub _parse {
    my ($response) = @_;
    my $token = eval { _read($response) };
    return $token if $token;
    my $error = CPAN::Sigstore::Error->of($@, q());
    # RFC 3161 allows fractions of a second. They are refused, with a code of their own.
    _fail('timestamp-form', $error->message) if $response =~ /\x18.[0-9]{14}\./s;
    return _fail('timestamp-invalid', $error->message);
}

sub _expect {
    my ($is, $message) = @_;
    return $is ? 1 : _fail('timestamp-invalid', "expected $message");
}

sub _read {
    my ($response) = @_;
    my $token = _read_response(CPAN::Sigstore::DER->parse($response, 'SEQUENCE'));
    my ($type, $content, @others) = $token->members_of('SEQUENCE');
    _expect($content && !@others && $type->oid eq $SIGNED_DATA && $content->tag == 0xA0, 'signed data');
    my %token = _read_signed_data($content->inner);
    return { %token, _read_info($token{info}) };
}

# The token of a response. Some bundles have the token alone.
sub _read_response {
    my ($response) = @_;
    my ($status, $token, @more) = $response->members;
    return $response if $status && $status->is('OID');
    _expect($token && !@more, 'a status and a token');
    my ($granted, @info) = $status->members_of('SEQUENCE');
    # 0 is granted, 1 is granted with modifications. A text and the reasons of a failure may follow.
    _expect($granted && $granted->number <= 1, 'a granted timestamp');
    my $text = @info && $info[0]->is('SEQUENCE') ? shift @info : undef;
    _expect(!$text || !grep({ !$_->is('UTF8_STRING') || !defined CPAN::Sigstore::DER::decode_utf8($_->content) } $text->members), 'a status with a text');
    _expect(!@info || (@info == 1 && $info[0]->is('BIT_STRING')), 'a status');
    return $token;
}

sub _read_signed_data {
    my ($data) = @_;
    my ($version, $digests, $encapsulated, @rest) = $data->members_of('SEQUENCE');
    _expect($encapsulated && $version->number == 3 && $digests->is('SET'), 'signed data of version 3');
    my ($type, $content, @more) = $encapsulated->members_of('SEQUENCE');
    _expect($content && !@more && $type->oid eq $TIMESTAMP_INFO && $content->tag == 0xA0, 'a timestamp as content');
    my %token = (info => $content->inner->octets);
    # Nobody signs the certificates in a token, so they are not even read.
    shift @rest if @rest && $rest[0]->tag == 0xA0;
    _expect(@rest == 1, 'signers and no lists of revoked certificates');
    my @signers = $rest[0]->members_of('SET');
    _expect(@signers == 1, 'one signer');
    my %signer = _read_signer($signers[0]);
    # It repeats the algorithm of the signer, and is not signed.
    my @digests = $digests->members;
    _expect(@digests == 1 && _hash_of($digests[0]) eq $signer{hash}, 'the digest of the signer and no others');
    return (%token, %signer);
}

sub _read_signer {
    my ($signer) = @_;
    my ($version, $id, $digest, $attributes, $algorithm, $signature, @more) = $signer->members_of('SEQUENCE');
    _expect($signature && !@more && $attributes->tag == 0xA0, 'a signer with signed attributes and no others');
    my $hash = _hash_of($digest);
    my ($algorithm_oid, @parameters) = $algorithm->members_of('SEQUENCE');
    _expect(@parameters <= 1 && !(grep { !$_->is('NULL') } @parameters), 'an algorithm without parameters');
    my $expected = { 0x30 => 1, 0x80 => 3 }->{ $id->tag };
    _expect($expected && $version->number == $expected, 'a signer of version 1 or 3');
    return (
        id         => $id,
        hash       => $hash,
        algorithm  => $algorithm_oid->oid,
        signature  => $signature->octets,
        attributes => _read_attributes($attributes),
        # What is signed has the tag of a set.
        signed     => CPAN::Sigstore::DER::encode('SET', $attributes->content),
    );
}

sub _hash_of {
    my ($algorithm) = @_;
    my ($oid, @parameters) = $algorithm->members_of('SEQUENCE');
    my $hash = $oid && $CPAN::Sigstore::Crypto::DIGEST_ALGORITHM{ $oid->oid };
    _expect($hash && @parameters <= 1 && !(grep { !$_->is('NULL') } @parameters), 'SHA-256, SHA-384 or SHA-512');
    return $hash;
}

sub _read_attributes {
    my ($attributes) = @_;
    my %attributes;
    for my $attribute ($attributes->members) {
        my ($type, $values, @more) = $attribute->members_of('SEQUENCE');
        _expect($values && !@more, 'a type and a value');
        my $oid    = $type->oid;
        my @values = $values->members_of('SET');
        _expect(@values == 1 && !exists $attributes{$oid}, 'each attribute once, with one value');
        $attributes{$oid} = $values[0];
    }
    return \%attributes;
}

sub _read_info {
    my ($info) = @_;
    my ($version, $policy, $imprint, $serial, $time, @rest) = CPAN::Sigstore::DER->parse($info, 'SEQUENCE')->members;
    _expect($time && $version->number == 1, 'a timestamp of version 1');
    $policy->oid;
    $serial->expect('INTEGER');
    my ($algorithm, $digest, @more) = $imprint->members_of('SEQUENCE');
    _expect($digest && !@more, 'an algorithm and a digest');
    my $hash = _hash_of($algorithm);
    # Accuracy, ordering, nonce and name may follow, in this order. An extension could change the meaning.
    my $last = 0;
    for my $field (@rest) {
        my $place = { 0x30 => 1, 0x01 => 2, 0x02 => 3, 0xA0 => 4 }->{ $field->tag } // 0;
        _expect($place > $last, 'accuracy, ordering, nonce and name, and no extensions');
        $last = $place;
    }
    _expect($time->is('GENERALIZED'), 'a time');
    return (time => $time->time, imprint_hash => $hash, imprint => $digest->octets);
}

sub _check_imprint {
    my ($token, $bytes) = @_;
    my $digest = CPAN::Sigstore::Crypto::hash($token->{imprint_hash}, $bytes);
    return _expect($digest eq $token->{imprint}, 'a timestamp of this signature');
}

# The authority's own certificate, if the token names it.
sub _signer {
    my ($token, $authority) = @_;
    my ($certificate, @above) = @{ $authority->{chain} };
    return if !@above;
    my $purpose = $CPAN::Sigstore::Certificate::TIME_STAMPING;
    return if !_is_named($token, $certificate) || !$certificate->is_for($purpose) || !$certificate->is_critical('2.5.29.37');
    return $certificate->is_below($purpose, @above) ? $certificate : undef;
}

# Whether a response names a signer that no certificate of an authority is. One that cannot be read names nobody.
sub has_unknown_signer {
    my ($root, $response) = @_;
    my $token = eval { _read($response) } or return 0;
    return !grep { _is_named($token, $_) } map { @{ $_->{chain} } } $root->timestamp_authorities;
}

sub _is_named {
    my ($token, $certificate) = @_;
    my $id = $token->{id};
    return ($certificate->key_id // q()) eq $id->content && $id->content ne q() if $id->tag == 0x80;
    my ($issuer, $serial, @more) = $id->members;
    return $serial && !@more && $issuer->raw eq $certificate->issuer && $serial->raw eq $certificate->serial ? 1 : 0;
}

# RFC 5652, 5.4 and RFC 5816: the attributes name content, digest and certificate, and are signed.
sub _is_signed_by {
    my ($token, $certificate) = @_;
    my $is_signed = eval { _check_signed_by($token, $certificate) };
    my $error = $@;
    # No verifier at all is not the same as an invalid signature.
    die $error if ref $error && $error->code eq 'crypto';
    return $is_signed;
}

sub _check_signed_by {
    my ($token, $certificate) = @_;
    my %attribute = %{ $token->{attributes} };
    my ($type, $digest) = @attribute{ $CONTENT_TYPE, $MESSAGE_DIGEST };
    return 0 if !$type || $type->oid ne $TIMESTAMP_INFO;
    return 0 if !$digest || $digest->octets ne CPAN::Sigstore::Crypto::hash($token->{hash}, $token->{info});
    return 0 if !_names_certificate(\%attribute, $certificate);
    my $key   = $certificate->public_key;
    my $known = $CPAN::Sigstore::Crypto::SIGNATURE_ALGORITHM{ $token->{algorithm} };
    # The algorithm is not signed, so it has to agree with what is.
    my ($kind, $hash) = $known ? @$known : ({ $RSA_ENCRYPTION => 'RSA', $EC_PUBLIC_KEY => 'EC' }->{ $token->{algorithm} }, $token->{hash});
    return 0 if ($kind // q()) ne $key->{kind} || (defined $hash && $hash ne $token->{hash});
    return CPAN::Sigstore::Crypto::verify($key, $hash, $token->{signature}, $token->{signed});
}

sub _names_certificate {
    my ($attribute, $certificate) = @_;
    my ($old, $new) = @{$attribute}{ $SIGNING_CERTIFICATE, $SIGNING_CERTIFICATE_2 };
    return 0 if !$old && !$new;
    return 0 if $old && (_first_id($old))[0]->octets ne sha1($certificate->der);
    return 1 if !$new;
    my ($first, $second) = _first_id($new);
    return $first->octets eq sha256($certificate->der) if $first->is('OCTET_STRING');
    my ($oid) = $first->members_of('SEQUENCE');
    my $hash = $CPAN::Sigstore::Crypto::DIGEST_ALGORITHM{ $oid->oid } or return 0;
    return $second->octets eq CPAN::Sigstore::Crypto::hash($hash, $certificate->der);
}

sub _first_id {
    my ($attribute) = @_;
    my ($ids) = $attribute->members_of('SEQUENCE');
    my ($first) = $ids->members_of('SEQUENCE');
    return $first->members_of('SEQUENCE');
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Timestamp - a timestamp of RFC 3161

=head1 SYNOPSIS

    use CPAN::Sigstore::Timestamp;

    my $seconds = CPAN::Sigstore::Timestamp::verify($root, $response, $signature);

=head1 DESCRIPTION

The token has one signer, whose certificate an authority of the trusted root
vouches for. Its signed attributes name the content, its digest and the
certificate (RFC 5816).

=head1 FUNCTIONS

=head2 verify(ROOT, RESPONSE, BYTES)

Returns the time in seconds. It throws a L<CPAN::Sigstore::Error> with the code
C<timestamp-invalid>, C<timestamp-form> or C<authority-expired>.

=cut
