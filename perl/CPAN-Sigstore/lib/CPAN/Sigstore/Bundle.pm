package CPAN::Sigstore::Bundle;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Error  ();
use CPAN::Sigstore::Fields ();
use CPAN::Sigstore::JSON   ();
use CPAN::Sigstore::Log    ();

our $VERSION = '0.01';

# Section 2.3, and the limits of the program.
our $SIZE_LIMIT = 1 << 20;

my $ENTRY_LIMIT       = 4;
my $TIMESTAMP_LIMIT   = 4;
my $CERTIFICATE_LIMIT = 6;
my $HASH_LIMIT        = 63;

my $MEDIA_TYPE = qr{\Aapplication/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.([123])|\.v0\.(3)\+json)\z};
my $STATEMENT  = 'application/vnd.in-toto+json';
my %STATEMENT_TYPE = map { $_ => 1 } 'https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1';

my %JSON_CODE = ('not-json' => 'bundle-not-json', 'duplicate-key' => 'bundle-duplicate-key');

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Fields::fail($code, "invalid bundle: $message");
}

# Reads a bundle strictly. It is not verified.
sub parse {
    my ($class, $bytes) = @_;
    _fail('bundle-too-large', "expected at most $SIZE_LIMIT bytes, found " . length $bytes) if length $bytes > $SIZE_LIMIT;
    my $value = _decode($bytes, \%JSON_CODE);
    _fail('bundle-not-json', 'expected one JSON object') if ref $value ne 'HASH';
    _fail('old-format', 'expected a Sigstore bundle, found cosign\'s old format') if exists $value->{base64Signature};
    my $type = $value->{mediaType};
    _fail('bundle-media-type', 'expected the media type of a bundle, version 0.1 to 0.3') if !defined $type || ref $type || $type !~ $MEDIA_TYPE;
    my $self = bless { version => $1 // $2 }, $class;
    my $bundle = CPAN::Sigstore::Fields::object($value, 'bundle', qw(mediaType verificationMaterial messageSignature dsseEnvelope));
    if (CPAN::Sigstore::Fields::one_of($bundle, qw(messageSignature dsseEnvelope)) eq 'messageSignature') {
        $self->_read_message($bundle->{messageSignature});
    }
    else {
        $self->_read_envelope($bundle->{dsseEnvelope});
    }
    $self->_read_material($bundle->{verificationMaterial});
    return $self;
}

sub _decode {
    my ($bytes, $codes) = @_;
    my $value = eval { CPAN::Sigstore::JSON::decode($bytes) };
    return $value if !$@;
    my $error = CPAN::Sigstore::Error->of($@, 'not-json');
    return _fail($codes->{ $error->code } // $codes->{'not-json'}, $error->message);
}

sub _read_message {
    my ($self, $value) = @_;
    my $message = CPAN::Sigstore::Fields::object($value, 'messageSignature', qw(messageDigest signature));
    $self->{signature} = CPAN::Sigstore::Fields::field_bytes($message, 'signature');
    return if !defined $message->{messageDigest};
    my $digest = CPAN::Sigstore::Fields::object($message->{messageDigest}, 'messageDigest', qw(algorithm digest));
    $self->{digest} = {
        algorithm => CPAN::Sigstore::Fields::text($digest, 'algorithm'),
        bytes     => CPAN::Sigstore::Fields::field_bytes($digest, 'digest'),
    };
    return;
}

sub _read_envelope {
    my ($self, $value) = @_;
    my $envelope = CPAN::Sigstore::Fields::object($value, 'dsseEnvelope', qw(payload payloadType signatures));
    my @signatures = CPAN::Sigstore::Fields::list($envelope->{signatures}, 'signatures', 256);
    # Of several signatures, one could be the signer's and another anybody's.
    _fail('bundle-ambiguous', 'expected one signature in the envelope, found ' . @signatures) if @signatures != 1;
    my $signature = CPAN::Sigstore::Fields::object($signatures[0], 'signatures', qw(sig keyid));
    CPAN::Sigstore::Fields::text($signature, 'keyid') if defined $signature->{keyid};
    my $type = CPAN::Sigstore::Fields::text($envelope, 'payloadType');
    _fail('unsupported', 'expected an envelope of an in-toto statement') if $type ne $STATEMENT;
    my $payload = CPAN::Sigstore::Fields::field_bytes($envelope, 'payload');
    $self->{signature} = CPAN::Sigstore::Fields::field_bytes($signature, 'sig');
    $self->{payload}   = $payload;
    $self->{envelope}  = sprintf 'DSSEv1 %d %s %d %s', length $type, $type, length $payload, $payload;
    $self->{statement} = _read_statement($payload);
    return;
}

sub _read_statement {
    my ($payload) = @_;
    my $statement = _decode($payload, { 'not-json' => 'bundle-malformed', 'duplicate-key' => 'bundle-duplicate-key' });
    _fail('bundle-malformed', 'expected a statement') if ref $statement ne 'HASH';
    my $type = $statement->{_type} // q();
    _fail('unsupported', 'expected a statement of in-toto') if ref $type || !$STATEMENT_TYPE{$type};
    my $predicate = CPAN::Sigstore::Fields::text($statement, 'predicateType');
    my %digests;
    for my $subject (CPAN::Sigstore::Fields::list($statement->{subject}, 'subject', 100_000)) {
        _fail('bundle-malformed', 'expected subjects with digests') if ref $subject ne 'HASH' || ref $subject->{digest} ne 'HASH';
        my $digest = $subject->{digest}{sha256} // next;
        _fail('bundle-malformed', 'expected 64 small hexadecimal digits') if ref $digest || $digest !~ /\A[0-9a-f]{64}\z/;
        $digests{$digest} = 1;
    }
    return { predicate => $predicate, digests => \%digests };
}

sub _read_material {
    my ($self, $value) = @_;
    my $material = CPAN::Sigstore::Fields::object(
        $value, 'verificationMaterial', qw(certificate x509CertificateChain publicKey tlogEntries timestampVerificationData),
    );
    $self->_read_key($material);
    for my $entry (CPAN::Sigstore::Fields::list($material->{tlogEntries}, 'tlogEntries', $ENTRY_LIMIT)) {
        push @{ $self->{entries} }, _read_entry($entry);
    }
    my %seen;
    for my $entry (@{ $self->{entries} || [] }) {
        _fail('bundle-excess', 'expected each log entry once') if $seen{"$entry->{log_id} $entry->{index}"}++;
    }
    return if !defined $material->{timestampVerificationData};
    my $data = CPAN::Sigstore::Fields::object($material->{timestampVerificationData}, 'timestampVerificationData', 'rfc3161Timestamps');
    for my $timestamp (CPAN::Sigstore::Fields::list($data->{rfc3161Timestamps}, 'rfc3161Timestamps', $TIMESTAMP_LIMIT)) {
        my $object = CPAN::Sigstore::Fields::object($timestamp, 'rfc3161Timestamps', 'signedTimestamp');
        push @{ $self->{timestamps} }, CPAN::Sigstore::Fields::field_bytes($object, 'signedTimestamp');
    }
    return;
}

sub _read_key {
    my ($self, $material) = @_;
    my $kind = CPAN::Sigstore::Fields::one_of($material, qw(certificate x509CertificateChain publicKey));
    if ($kind eq 'publicKey') {
        _fail('key-kind', 'expected a certificate, found a public key, which names nobody');
    }
    my $has_chain = $kind eq 'x509CertificateChain';
    _fail('bundle-malformed', "expected no `$kind` in version 0.$self->{version}") if $has_chain == ($self->{version} == 3);
    my @certificates = $material->{certificate};
    if ($has_chain) {
        my $chain = CPAN::Sigstore::Fields::object($material->{$kind}, $kind, 'certificates');
        @certificates = CPAN::Sigstore::Fields::list($chain->{certificates}, 'certificates', $CERTIFICATE_LIMIT);
        _fail('bundle-malformed', 'expected a certificate') if !@certificates;
    }
    my @der = map { CPAN::Sigstore::Fields::field_bytes(CPAN::Sigstore::Fields::object($_, 'certificate', 'rawBytes'), 'rawBytes') } @certificates;
    # The trusted root has all certificates above the first one, so the others are read and not used.
    $self->{certificate} = $der[0];
    return;
}

sub _read_entry {
    my ($value) = @_;
    my $entry = CPAN::Sigstore::Fields::object($value, 'tlogEntries',
        qw(logIndex logId kindVersion integratedTime inclusionPromise inclusionProof canonicalizedBody));
    my $kind = CPAN::Sigstore::Fields::object($entry->{kindVersion}, 'kindVersion', qw(kind version));
    my $id   = CPAN::Sigstore::Fields::object($entry->{logId}, 'logId', 'keyId');
    # In protobuf's JSON null is absent, but readers of whole numbers refuse it.
    for my $key (qw(logIndex integratedTime)) {
        _fail('bundle-malformed', "expected a whole number for `$key`") if exists $value->{$key} && !defined $value->{$key};
    }
    my %entry = (
        kind   => CPAN::Sigstore::Fields::text($kind, 'kind') . q( ) . CPAN::Sigstore::Fields::text($kind, 'version'),
        log_id => CPAN::Sigstore::Fields::field_bytes($id, 'keyId'),
        index  => CPAN::Sigstore::Fields::number($entry->{logIndex} // '0', 'logIndex'),
        body   => CPAN::Sigstore::Fields::field_bytes($entry, 'canonicalizedBody'),
    );
    _fail('bundle-malformed', 'expected an id of four bytes or more') if length $entry{log_id} < 4;
    if (defined $entry->{inclusionPromise}) {
        my $promise = CPAN::Sigstore::Fields::object($entry->{inclusionPromise}, 'inclusionPromise', 'signedEntryTimestamp');
        $entry{promise} = CPAN::Sigstore::Fields::field_bytes($promise, 'signedEntryTimestamp');
    }
    my $has_time = defined $entry->{integratedTime};
    $entry{time} = $has_time ? CPAN::Sigstore::Fields::number($entry->{integratedTime}, 'integratedTime') : 0;
    # The default of protobuf, which is no time.
    $has_time = 0 if !$entry{time};
    _fail('inclusion-promise-invalid', 'expected a time beside the promise of a log') if defined $entry{promise} && !$has_time;
    _read_proof(\%entry, $entry->{inclusionProof});
    $entry{spec} = _read_body(\%entry);
    $entry{is_v2} = $entry{kind} =~ / 0\.0\.2\z/ && $entry{kind} !~ /\Aintoto / ? 1 : 0;
    return \%entry if !$entry{is_v2};
    _fail('bundle-contradictory', 'expected one index of an entry in Rekor v2') if $entry{proof_index} != $entry{index};
    _fail('bundle-contradictory', 'expected neither time nor promise of Rekor v2') if $has_time || defined $entry{promise};
    return \%entry;
}

sub _read_proof {
    my ($entry, $value) = @_;
    _fail('inclusion-proof-missing', 'expected an inclusion proof') if !defined $value;
    my $proof = CPAN::Sigstore::Fields::object($value, 'inclusionProof', qw(logIndex rootHash treeSize hashes checkpoint));
    for my $key (qw(logIndex treeSize)) {
        _fail('bundle-malformed', "expected a whole number for `$key`") if exists $value->{$key} && !defined $value->{$key};
    }
    $entry->{proof_index} = CPAN::Sigstore::Fields::number($proof->{logIndex} // '0', 'logIndex');
    $entry->{hashes} = [ map { _hash($_) } CPAN::Sigstore::Fields::list($proof->{hashes}, 'hashes', $HASH_LIMIT) ];
    my $checkpoint = defined $proof->{checkpoint} ? CPAN::Sigstore::Fields::object($proof->{checkpoint}, 'checkpoint', 'envelope') : {};
    my $envelope = defined $checkpoint->{envelope} ? CPAN::Sigstore::Fields::text($checkpoint, 'envelope') : q();
    _fail('checkpoint-invalid', 'expected a checkpoint') if $envelope eq q();
    $entry->{checkpoint} = CPAN::Sigstore::Log::parse_checkpoint($envelope);
    my $size = CPAN::Sigstore::Fields::number($proof->{treeSize}, 'treeSize');
    _fail('bundle-contradictory', 'expected the size and root of the checkpoint in the proof')
        if $size != $entry->{checkpoint}{size} || _hash($proof->{rootHash}) ne $entry->{checkpoint}{hash};
    return;
}

sub _hash {
    my ($text) = @_;
    my $hash = CPAN::Sigstore::Fields::bytes($text, 'hash');
    _fail('bundle-malformed', 'expected hashes of 32 bytes') if length $hash != 32;
    return $hash;
}

# Kind and version are repeated in the body, which is logged.
sub _read_body {
    my ($entry) = @_;
    my $body = _decode($entry->{body}, { 'not-json' => 'entry-malformed', 'duplicate-key' => 'entry-malformed' });
    _fail('entry-malformed', 'expected an entry') if ref $body ne 'HASH' || grep { !defined || ref } @{$body}{qw(kind apiVersion)};
    _fail('bundle-contradictory', "expected the kind $entry->{kind} in the entry") if "$body->{kind} $body->{apiVersion}" ne $entry->{kind};
    _fail('entry-malformed', 'expected an entry') if ref $body->{spec} ne 'HASH';
    return $body->{spec};
}

sub signature   { return $_[0]{signature} }
sub certificate { return $_[0]{certificate} }
sub entries     { return @{ $_[0]{entries} || [] } }
sub timestamps  { return @{ $_[0]{timestamps} || [] } }
sub digest      { return $_[0]{digest} }
sub envelope    { return $_[0]{envelope} }
sub payload     { return $_[0]{payload} }
sub statement   { return $_[0]{statement} }

1;

__END__

=head1 NAME

CPAN::Sigstore::Bundle - a Sigstore bundle, read strictly

=head1 SYNOPSIS

    use CPAN::Sigstore::Bundle;

    my $bundle = CPAN::Sigstore::Bundle->parse($bytes);
    print scalar $bundle->entries, " log entries\n";

=head1 DESCRIPTION

Sigstore bundles 0.1 to 0.3, by section 2.3 of the standard: each key once, no
unknown field, repeated facts agree, and at most 1 MiB. A bundle has one
signature, by one certificate. Each log entry has an inclusion proof and a
checkpoint. L<CPAN::Sigstore::Verifier> verifies it.

=head1 METHODS

=head2 parse(BYTES)

Returns the bundle. It throws a L<CPAN::Sigstore::Error> with the code of a
cause, such as C<bundle-malformed>.

=head2 signature

=head2 certificate

=head2 entries

=head2 timestamps

=head2 digest

=head2 envelope

=head2 payload

=head2 statement

The parts of it. The envelope is what was signed instead of the file (the
pre-authentication encoding of DSSE), with its payload and statement.

=cut
