package CPAN::Sigstore::Verifier;
use 5.016;
use strict;
use warnings;

use Digest::SHA qw(sha256);

use CPAN::Sigstore::Bundle      ();
use CPAN::Sigstore::Certificate ();
use CPAN::Sigstore::Crypto      ();
use CPAN::Sigstore::DER         ();
use CPAN::Sigstore::Error       ();
use CPAN::Sigstore::Fields      ();
use CPAN::Sigstore::Log         ();
use CPAN::Sigstore::Timestamp   ();
use CPAN::Sigstore::TrustedRoot ();

our $VERSION = '0.01';

# How many seconds the clock may be behind the beginning of a certificate.
my $CLOCK_LIMIT = 600;

my %MESSAGE_HASH = (SHA2_256 => 'SHA256', SHA2_384 => 'SHA384', SHA2_512 => 'SHA512');
# The hashes that a kind of key signs with.
my %HASHES = (
    'P-256' => { SHA256 => 1, SHA384 => 1 },
    'P-384' => { SHA256 => 1, SHA384 => 1 },
    RSA     => { SHA256 => 1, SHA384 => 1, SHA512 => 1 },
);

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, "invalid signature: $message");
}

# Verifies that an identity signed a file. Returns who, when and what.
#
# root, bundle (bytes), file (a path), content (bytes) or digest (a text), and now.
sub verify {
    my (%input) = @_;
    my $now  = $input{now} // time;
    my $root = $input{root};
    CPAN::Sigstore::Crypto::name();
    my $bundle      = CPAN::Sigstore::Bundle->parse($input{bundle});
    my $certificate = CPAN::Sigstore::Certificate->parse($bundle->certificate);
    my $verified    = eval { _verify($root, $bundle, $certificate, _artifact(%input), $now) };
    return $verified if $verified;
    my $error = CPAN::Sigstore::Error->of($@, 'unsupported');
    # All other DER has codes of its own.
    $error = CPAN::Sigstore::Error->of($error->message, 'certificate-malformed') if $error->code eq 'der';
    # By a clock that is behind, a trusted root is not valid yet either: this says nothing about the signature.
    CPAN::Sigstore::Error->throw('clock', 'the clock of this machine is behind the beginning of the certificate')
        if $certificate->from > $now + $CLOCK_LIMIT && $error->code !~ /\A(?:crypto|file)\z/;
    die $error;
}

# What gives the digests of a file. SHA-256 is always needed, another hash seldom.
sub _artifact {
    my (%input) = @_;
    my %digests;
    if (defined $input{digest}) {
        my ($digest) = $input{digest} =~ /\Asha256:([0-9a-f]{64})\z/
            or CPAN::Sigstore::Error->throw('file', "invalid digest: expected sha256: and 64 small hexadecimal digits, found $input{digest}");
        $digests{SHA256} = pack 'H*', $digest;
    }
    return sub {
        my ($hash) = @_;
        return $digests{$hash} //= _digest($hash, %input);
    };
}

sub _digest {
    my ($hash, %input) = @_;
    return CPAN::Sigstore::Crypto::hash($hash, $input{content}) if defined $input{content};
    return _file_digest($input{file}, $hash) if defined $input{file};
    return _fail('unsupported', "expected the file itself, whose $hash digest was signed");
}

sub _file_digest {
    my ($file, $hash) = @_;
    my $digest = Digest::SHA->new($hash =~ s/\ASHA//r);
    open my $handle, '<:raw', $file or CPAN::Sigstore::Error->throw('file', "cannot read $file: $!");
    my $is_read = eval { $digest->addfile($handle); close $handle };
    CPAN::Sigstore::Error->throw('file', "cannot read $file: $!") if !$is_read;
    return $digest->digest;
}

sub _verify {
    my ($root, $bundle, $certificate, $artifact, $now) = @_;
    my @entries = $bundle->entries;
    _fail('inclusion-proof-missing', 'expected a log entry') if !@entries;
    my $signer = $certificate->signer;
    _check_known($root, $bundle, $certificate);
    my @logs = map { CPAN::Sigstore::Log::find($root, $_) } @entries;
    _check_names_artifact($bundle, $artifact);
    my @authorities = _authorities($root, $certificate);
    CPAN::Sigstore::Log::check_promise($logs[$_], $entries[$_]) for grep { defined $entries[$_]{promise} } 0 .. $#entries;
    my @times = _times($root, $bundle, $certificate, $now);
    _check_certificate_log($root, $certificate, _issuer($certificate, \@authorities, @times));
    CPAN::Sigstore::Log::prove($logs[$_], $entries[$_]) for 0 .. $#entries;
    for my $log (@logs) {
        for my $time (@times) {
            _fail('log-unknown', "expected a log that was trusted at the time of signing, found $log->{url}")
                if !CPAN::Sigstore::TrustedRoot::is_trusted_at($log, $time);
        }
    }
    _check_signature($bundle, $certificate, $artifact);
    _check_entry($_, $bundle, $certificate, $artifact) for @entries;
    return {
        signer    => $signer,
        times     => \@times,
        digest    => unpack('H*', $artifact->('SHA256')),
        statement => $bundle->statement ? $bundle->statement->{predicate} : undef,
        logs      => [ map { $_->{url} } @logs ],
    };
}

# That the root has all logs and authorities that the bundle names (section 2.2.1). A root that is older than one of them
# does not have it, so this says nothing about the signature.
sub _check_known {
    my ($root, $bundle, $certificate) = @_;
    my $lacks = sub { CPAN::Sigstore::Error->throw('authority-unknown', "the trusted root does not have the $_[0] of the bundle") };
    for my $entry ($bundle->entries) {
        $lacks->('log') if !grep { $_->{id} eq $entry->{log_id} } $root->logs;
    }
    my $key_id = $certificate->issuer_key_id;
    my $is_issuer = sub {
        my ($authority) = @_;
        return $authority->subject eq $certificate->issuer && (!defined $key_id || ($authority->key_id // $key_id) eq $key_id);
    };
    $lacks->('authority') if !grep { $is_issuer->($_) } map { @{ $_->{chain} } } $root->authorities;
    my ($answer) = eval { $certificate->certificate_timestamps };
    if (defined $answer && length $answer >= 33) {
        my $id = substr $answer, 1, 32;
        $lacks->('certificate log') if !grep { $_->{id} eq $id } $root->certificate_logs;
    }
    for my $timestamp ($bundle->timestamps) {
        $lacks->('timestamp authority') if CPAN::Sigstore::Timestamp::has_unknown_signer($root, $timestamp);
    }
    return;
}

# That the bundle is for this file, as far as it says so itself.
sub _check_names_artifact {
    my ($bundle, $artifact) = @_;
    if (my $statement = $bundle->statement) {
        _fail('unsupported', 'expected a statement with a SHA-256 digest') if !%{ $statement->{digests} };
        _fail('artifact-mismatch', 'expected another file: the statement is about others')
            if !$statement->{digests}{ unpack 'H*', $artifact->('SHA256') };
        return;
    }
    my $digest = $bundle->digest or return;
    my $hash = $MESSAGE_HASH{ $digest->{algorithm} } // _fail('unsupported', "expected SHA2_256, found $digest->{algorithm}");
    _fail('artifact-mismatch', 'expected another file: the bundle is for other bytes') if $digest->{bytes} ne $artifact->($hash);
    return;
}

# All times of signing by trusted clocks. Each one that is stated has to be right.
sub _times {
    my ($root, $bundle, $certificate, $now) = @_;
    my @times = map { CPAN::Sigstore::Timestamp::verify($root, $_, $bundle->signature) } $bundle->timestamps;
    for my $entry (grep { defined $_->{promise} } $bundle->entries) {
        # The promise was verified before.
        _fail('log-time-invalid', 'expected a time of the log while the certificate was valid')
            if $entry->{time} > $now || !$certificate->is_valid_at($entry->{time});
        push @times, $entry->{time};
    }
    _fail('timestamp-missing', 'expected a time of signing by a trusted clock') if !@times;
    return @times;
}

# The authorities that issued the certificate, each with the certificate in its chain that did.
sub _authorities {
    my ($root, $certificate) = @_;
    my $purpose = $CPAN::Sigstore::Certificate::CODE_SIGNING;
    _fail('certificate-untrusted', 'expected a certificate for signing code') if !$certificate->is_for($purpose);
    my @found;
    for my $authority ($root->authorities) {
        my $issuer = $certificate->issuer_in($purpose, @{ $authority->{chain} }) or next;
        push @found, { authority => $authority, issuer => $issuer };
    }
    _fail('certificate-untrusted', 'expected a certificate by a trusted authority') if !@found;
    return @found;
}

# The certificate that issued this one, of an authority that was valid at each time of signing.
sub _issuer {
    my ($certificate, $authorities, @times) = @_;
    for my $time (@times) {
        _fail('certificate-expired', 'expected a certificate that was valid at the time of signing') if !$certificate->is_valid_at($time);
    }
    for my $found (@$authorities) {
        return $found->{issuer} if !grep { !CPAN::Sigstore::TrustedRoot::is_trusted_at($found->{authority}, $_) } @times;
    }
    return _fail('authority-expired', 'expected an authority that was valid at the time of signing');
}

# RFC 6962: the one answer of a certificate log in the certificate.
sub _check_certificate_log {
    my ($root, $certificate, $issuer) = @_;
    my @answers = $certificate->certificate_timestamps;
    _fail('sct-invalid', 'expected one answer of a certificate log, found ' . @answers) if @answers != 1;
    my $answer = $answers[0];
    _fail('sct-invalid', 'expected a whole answer of a certificate log') if length $answer < 47;
    my ($version, $id, $high, $low, $extensions) = unpack 'C a32 N N n', $answer;
    my $at = 43 + $extensions;
    _fail('sct-invalid', 'expected a whole answer of a certificate log') if $version != 0 || length $answer < $at + 4;
    my ($algorithm, $length) = unpack 'n n', substr $answer, $at, 4;
    my $signature = substr $answer, $at + 4;
    _fail('sct-invalid', 'expected a whole answer of a certificate log') if length $signature != $length;
    my ($kind, $hash) = @{ { 0x0403 => [ EC => 'SHA256' ], 0x0503 => [ EC => 'SHA384' ], 0x0401 => [ RSA => 'SHA256' ] }->{$algorithm} || [] };
    my ($log) = grep { $_->{id} eq $id } $root->certificate_logs;
    _fail('sct-invalid', 'expected an answer of a trusted certificate log') if !$log || ($kind // q()) ne $log->{key}{kind};
    # Milliseconds since 1970.
    my $seconds = ($high * 4_294_967_296 + $low) / 1000;
    _fail('sct-invalid', 'expected a certificate log that was trusted at its time') if !CPAN::Sigstore::TrustedRoot::is_trusted_at($log, $seconds);
    my $entry  = $certificate->precertificate;
    my $signed = pack('C C N N n', 0, 0, $high, $low, 1) . $issuer->key_digest . substr(pack('N', length $entry), 1) . $entry
        . substr $answer, 41, 2 + $extensions;
    _fail('sct-invalid', 'expected an answer that is signed by a certificate log')
        if !CPAN::Sigstore::Crypto::verify($log->{key}, $hash, $signature, $signed);
    return;
}

sub _check_signature {
    my ($bundle, $certificate, $artifact) = @_;
    my $key = $certificate->public_key;
    if (defined $bundle->envelope) {
        my $hash = CPAN::Sigstore::Crypto::default_hash($key);
        return if CPAN::Sigstore::Crypto::verify($key, $hash, $bundle->signature, $bundle->envelope);
        _fail('signature-mismatch', 'expected a signature of the statement by the key in the certificate');
    }
    my $kinds = $HASHES{ $key->{curve} // $key->{kind} } || {};
    my $digest = $bundle->digest;
    my $hash = $digest ? $MESSAGE_HASH{ $digest->{algorithm} } : CPAN::Sigstore::Crypto::default_hash($key);
    _fail('unsupported', 'expected a signature that can be verified from a digest') if !defined $hash || !$kinds->{$hash};
    return if CPAN::Sigstore::Crypto::verify_digest($key, $hash, $bundle->signature, $artifact->($hash));
    return _fail('signature-mismatch', 'expected a signature of this file by the key in the certificate');
}

my %CHECK = (
    'hashedrekord 0.0.1' => \&_check_hashedrekord_1,
    'hashedrekord 0.0.2' => \&_check_hashedrekord_2,
    'dsse 0.0.1'         => \&_check_dsse,
    'intoto 0.0.2'       => \&_check_intoto,
);

# That the logged entry is about this signature, by this certificate, of these bytes.
sub _check_entry {
    my ($entry, $bundle, $certificate, $artifact) = @_;
    my $check = $CHECK{ $entry->{kind} };
    my $is_envelope = defined $bundle->envelope ? 1 : 0;
    _fail('unsupported', "expected a log entry that fits the bundle, found $entry->{kind}")
        if !$check || ($is_envelope ? $entry->{kind} eq 'hashedrekord 0.0.1' : $entry->{kind} !~ /\Ahashedrekord /);
    my $digest = $is_envelope ? sha256($bundle->envelope) : $artifact->('SHA256');
    my $found = eval { $check->($entry->{spec}) };
    if (!$found) {
        my $error = CPAN::Sigstore::Error->of($@, 'entry-malformed');
        _fail('entry-malformed', $error->message);
    }
    my %expected = (
        signature   => $bundle->signature,
        certificate => $certificate->der,
        digest      => $digest,
        payload     => $is_envelope ? sha256($bundle->payload) : undef,
    );
    for my $fact (sort keys %$found) {
        _fail('entry-mismatch', "expected the $fact of this bundle in the log entry") if $found->{$fact} ne ($expected{$fact} // q());
    }
    return;
}

sub _at {
    my ($value, @keys) = @_;
    for my $key (@keys) {
        my $is_there = ref $value eq 'HASH' ? exists $value->{$key} : ref $value eq 'ARRAY' && $key =~ /\A[0-9]+\z/ && @$value > $key;
        _fail('entry-malformed', "expected `$key` in a log entry") if !$is_there;
        $value = ref $value eq 'HASH' ? $value->{$key} : $value->[$key];
    }
    return $value;
}

sub _bytes_at { return CPAN::Sigstore::Fields::bytes(_at(@_), $_[-1]) }

# The certificate in PEM, which is in base64.
sub _certificate_at {
    my ($text) = _bytes_at(@_);
    $text =~ /\A\s*-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+\/=\s]+)-----END CERTIFICATE-----\s*\z/
        or _fail('entry-malformed', 'expected one certificate in a log entry');
    return CPAN::Sigstore::Fields::bytes($1 =~ s/\s+//gr, 'certificate');
}

sub _digest_at {
    my ($value) = _at(@_);
    my $algorithm = _at($value, 'algorithm');
    my $digest    = _at($value, 'value');
    _fail('entry-malformed', 'expected a digest by SHA-256') if ref $algorithm || $algorithm ne 'sha256' || ref $digest || $digest !~ /\A[0-9a-f]{64}\z/;
    return pack 'H*', $digest;
}

sub _check_hashedrekord_1 {
    my ($spec) = @_;
    return {
        digest      => _digest_at($spec, qw(data hash)),
        signature   => _bytes_at($spec, qw(signature content)),
        certificate => _certificate_at($spec, qw(signature publicKey content)),
    };
}

sub _check_hashedrekord_2 {
    my ($spec) = @_;
    my $entry = _at($spec, 'hashedRekordV002');
    _fail('entry-malformed', 'expected a digest by SHA-256') if (_at($entry, qw(data algorithm)) // q()) ne 'SHA2_256';
    return {
        digest      => _bytes_at($entry, qw(data digest)),
        signature   => _bytes_at($entry, qw(signature content)),
        certificate => _bytes_at($entry, qw(signature verifier x509Certificate rawBytes)),
    };
}

# The hash of the envelope is left out: it is over a text that nobody can write again.
sub _check_dsse {
    my ($spec) = @_;
    my $signatures = _at($spec, 'signatures');
    _fail('entry-malformed', 'expected one signature in a log entry') if ref $signatures ne 'ARRAY' || @$signatures != 1;
    return {
        payload     => _digest_at($spec, 'payloadHash'),
        signature   => _bytes_at($signatures, 0, 'signature'),
        certificate => _certificate_at($signatures, 0, 'verifier'),
    };
}

sub _check_intoto {
    my ($spec) = @_;
    my $content    = _at($spec, 'content');
    my $signatures = _at($content, qw(envelope signatures));
    _fail('entry-malformed', 'expected one signature in a log entry') if ref $signatures ne 'ARRAY' || @$signatures != 1;
    my $type = _at($content, qw(envelope payloadType));
    _fail('entry-malformed', 'expected an in-toto statement') if ref $type || $type ne 'application/vnd.in-toto+json';
    return {
        payload => _digest_at($content, 'payloadHash'),
        # Rekor wraps the signature twice.
        signature   => CPAN::Sigstore::Fields::bytes(_bytes_at($signatures, 0, 'sig'), 'sig'),
        certificate => _certificate_at($signatures, 0, 'publicKey'),
    };
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Verifier - verify that an identity signed a file

=head1 SYNOPSIS

    use CPAN::Sigstore::TrustedRoot;
    use CPAN::Sigstore::Verifier;

    my $root     = CPAN::Sigstore::TrustedRoot->from_file('trusted_root.json');
    my $verified = CPAN::Sigstore::Verifier::verify(
        root   => $root,
        bundle => $bundle_bytes,
        file   => 'Foo-Bar-1.02.tar.gz',
    );
    print "$verified->{signer}{subject} (by $verified->{signer}{issuer})\n";

=head1 DESCRIPTION

Section 2 of the standard. In this order, it checks bundle and certificate; that
the bundle is for this file; the times of signing; the chain to an authority that
was valid at each of them; the certificate log; each log entry with its proof,
checkpoint and promise; the signature; and that each entry is about this
signature.

A valid signature shows who signed, not that this identity may sign. Compare the
signer with the one that you expect.

=head1 FUNCTIONS

=head2 verify(root => ..., bundle => BYTES, file => PATH, now => SECONDS)

Instead of C<file> there may be C<content>, the bytes themselves, or C<digest>,
the text C<sha256:> and 64 small hexadecimal digits. Returns a hash
of C<signer> (see L<CPAN::Sigstore::Identity>), C<times> in seconds, C<digest>,
C<statement> (the predicate type, or undefined) and C<logs>.

It throws a L<CPAN::Sigstore::Error>. Its code is a cause of the standard, such
as C<signature-mismatch>. The codes C<crypto>, C<file> and C<clock> say that
nothing could be verified.

=cut
