package Tampering;
use strict;
use warnings;

use Exporter     qw(import);
use Exhibit      qw(slurp flip_last_bit);
use JSON::PP     ();
use Math::BigInt ();
use MIME::Base64 qw(encode_base64 decode_base64);

use CPAN::Sigstore::DER ();

our @EXPORT_OK = qw(cases);

my $MATERIAL    = 'verificationMaterial';
my $CERTIFICATE = "$MATERIAL/certificate/rawBytes";
my $ENTRIES     = "$MATERIAL/tlogEntries";
my $ENTRY       = "$ENTRIES/0";
my $PROOF       = "$ENTRY/inclusionProof";
my $CHECKPOINT  = "$PROOF/checkpoint/envelope";
my $PROMISE     = "$ENTRY/inclusionPromise/signedEntryTimestamp";
my $TIMESTAMPS  = "$MATERIAL/timestampVerificationData/rfc3161Timestamps";
my $TIMESTAMP   = "$TIMESTAMPS/0/signedTimestamp";
my $SIGNATURE   = 'messageSignature/signature';

my $LONG_AGO = { start => '2020-01-01T00:00:00Z', end => '2021-01-01T00:00:00Z' };
my $FAR_OFF  = { start => '2100-01-01T00:00:00Z' };

sub raise {
    my ($path) = @_;
    return sub { $_[0]->edit_text($path, sub { $_ = $_ + 1 . q() }) };
}

sub borrowed {
    my ($from, $path) = @_;
    return sub { $_[0]->borrow("$from-$_[1]", $path) };
}

sub flipped {
    my ($path) = @_;
    return sub { $_[0]->edit_bytes($path, \&flip_last_bit) };
}

sub appended {
    my ($path) = @_;
    return sub { $_[0]->edit_bytes($path, sub { $_ .= "\0" }) };
}

sub checkpoint {
    my ($change) = @_;
    return sub { $_[0]->edit_text($CHECKPOINT, $change) };
}

# Adds a signature with the name of the other log of the trusted root.
sub sign_checkpoint_again {
    my ($exhibit) = @_;
    my $own = ${ Exhibit::place($exhibit->document, "$ENTRY/logId/keyId") };
    my ($other) = grep { $_ ne $own } map { $_->{logId}{keyId} } @{ JSON::PP->new->decode($exhibit->{root})->{tlogs} };
    my $line = encode_base64(substr(decode_base64($other), 0, 4) . "\1" x 64, q());
    return $exhibit->edit_text($CHECKPOINT, sub { $_ .= "\x{2014} log.example.org $line\n" });
}

# White space behind a bundle, up to a length.
sub padded {
    my ($length) = @_;
    return sub { my ($exhibit) = @_; $exhibit->{bundle} .= q( ) x ($length - length $exhibit->{bundle}) };
}

# Changes each log or authority of a trusted root.
sub each_of {
    my ($list, $change) = @_;
    return sub { $_[0]->edit_root(sub { $change->($_) for @{ $_[0]{$list} } }) };
}

sub root_of_elsewhere { return JSON::PP->new->utf8->decode(slurp('elsewhere.trusted_root.json')) }

sub trust_other {
    my ($list) = @_;
    return sub { $_[0]->edit_root(sub { $_[0]{$list} = root_of_elsewhere()->{$list} }) };
}

sub other_keys {
    my ($list) = @_;
    my @others = @{ root_of_elsewhere()->{$list} };
    return sub {
        $_[0]->edit_root(sub {
            my ($root) = @_;
            $root->{$list}[$_]{publicKey}{rawBytes} = $others[$_]{publicKey}{rawBytes} for 0 .. $#others;
        });
    };
}

# The other signature (r, n - s) of P-256, which is valid whenever (r, s) is.
sub mirrored {
    my ($der) = @_;
    my ($r, $s) = CPAN::Sigstore::DER->parse($der, 'SEQUENCE')->members;
    my $order = Math::BigInt->from_hex('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551');
    my $hex   = ($order - Math::BigInt->from_hex(unpack 'H*', $s->positive))->as_hex =~ s/\A0x//r;
    my $bytes = pack 'H*', length($hex) % 2 ? "0$hex" : $hex;
    $bytes = "\0$bytes" if ord($bytes) & 0x80;
    return CPAN::Sigstore::DER::encode('SEQUENCE', $r->raw . CPAN::Sigstore::DER::encode('INTEGER', $bytes));
}

# The certificate as a chain, as versions 0.1 and 0.2 have it.
sub as_chain {
    my ($exhibit) = @_;
    return $exhibit->edit(sub {
        my $material = $_[0]{$MATERIAL};
        $material->{x509CertificateChain} = { certificates => [ delete $material->{certificate} ] };
    });
}

# Each case: a change and its code, in Rekor v1 and v2. One code is for both; undefined leaves a version out.
my @CASES = (
    [ 'untouched' => sub { }, 'valid', 'valid' ],
    [ 'artifact-byte-flipped' => sub { substr($_[0]{content}, -1, 1) ^= "\1" }, 'artifact-mismatch' ],
    [ 'artifact-emptied'      => sub { $_[0]{content} = q() },                  'artifact-mismatch' ],
    [ 'artifact-extended'     => sub { $_[0]{content} .= "\0" },                'artifact-mismatch' ],
    [ 'signature-of-another-artifact' => sub { $_[0]{bundle} = slurp("other-author-$_[1].json") }, 'artifact-mismatch' ],

    [ 'duplicate-key'         => sub { $_[0]{bundle} =~ s/\{/{"messageSignature":{},/ }, 'bundle-duplicate-key' ],
    [ 'media-type-unknown'    => sub { $_[0]->set('mediaType', 'application/vnd.dev.sigstore.bundle.v9.9+json') }, 'bundle-media-type' ],
    [ 'media-type-missing'    => sub { $_[0]->edit(sub { delete $_[0]{mediaType} }) }, 'bundle-media-type' ],
    [ 'media-type-with-a-line-break' => sub { $_[0]->edit_text('mediaType', sub { $_ .= "\n" }) }, 'bundle-media-type' ],
    [ 'two-contents'          => sub { $_[0]->set('dsseEnvelope', {}) }, 'bundle-ambiguous' ],
    [ 'no-content'            => sub { $_[0]->edit(sub { delete $_[0]{messageSignature} }) }, 'bundle-malformed' ],
    [ 'unknown-field'         => sub { $_[0]->set('comment', 'harmless') }, 'bundle-malformed' ],
    [ 'unknown-field-below'   => sub { $_[0]->set("$PROOF/comment", 'harmless') }, 'bundle-malformed' ],
    [ 'text-after-the-bundle' => sub { $_[0]{bundle} .= '{}' }, 'bundle-not-json' ],
    [ 'bundle-cut-off'        => sub { substr($_[0]{bundle}, length($_[0]{bundle}) / 2) = q() }, 'bundle-not-json' ],
    [ 'bundle-empty'          => sub { $_[0]{bundle} = q() }, 'bundle-not-json' ],
    [ 'bundle-a-list'         => sub { $_[0]{bundle} = "[$_[0]{bundle}]" }, 'bundle-not-json' ],
    [ 'bundle-an-empty-object'  => sub { $_[0]{bundle} = '{}' }, 'bundle-media-type' ],
    [ 'bundle-of-two-mebibytes' => sub { $_[0]{bundle} .= q( ) x (2 << 20) }, 'bundle-too-large' ],
    [ 'bundle-of-a-mebibyte'            => padded(1 << 20), 'valid' ],
    [ 'bundle-of-a-mebibyte-and-a-byte' => padded((1 << 20) + 1), 'bundle-too-large' ],
    [ 'old-format'              => sub { $_[0]{bundle} = '{"base64Signature":"AA=="}' }, 'old-format' ],
    [ 'chain-in-version-0-3'    => \&as_chain, 'bundle-malformed' ],
    [ 'certificate-in-version-0-2' => sub { $_[0]->set('mediaType', 'application/vnd.dev.sigstore.bundle+json;version=0.2') }, 'bundle-malformed' ],
    [ 'downgraded-to-0-1-without-proof' => sub {
        as_chain($_[0])->set('mediaType', 'application/vnd.dev.sigstore.bundle+json;version=0.1')->remove($ENTRY, 'inclusionProof');
    }, 'inclusion-proof-missing' ],
    [ 'base64-of-another-form' => sub { $_[0]->edit_text($SIGNATURE, sub { $_ .= '=' }) }, 'bundle-malformed' ],
    [ 'base64-with-a-line-break' => sub { $_[0]->edit_text($SIGNATURE, sub { $_ .= "\n" }) }, 'bundle-malformed' ],

    [ 'base64-without-padding' => sub { $_[0]->edit_text("$PROOF/rootHash", sub { s/=\z// }) }, 'bundle-malformed' ],
    [ 'timestamps-null' => sub { $_[0]->set("$MATERIAL/timestampVerificationData", { rfc3161Timestamps => undef }) }, 'valid', 'timestamp-missing' ],

    [ 'no-log-entry'          => sub { $_[0]->set($ENTRIES, []) }, 'inclusion-proof-missing' ],
    [ 'log-entry-twice'       => sub { $_[0]->edit(sub { my $all = $_[0]{$MATERIAL}{tlogEntries}; push @$all, $all->[0] }) }, 'bundle-excess' ],
    [ 'log-entry-forty-times' => sub { $_[0]->edit(sub { my $all = $_[0]{$MATERIAL}{tlogEntries}; push @$all, ($all->[0]) x 39 }) }, 'bundle-excess' ],
    [ 'log-entry-of-another-artifact' => borrowed('other-author', $ENTRY), 'entry-mismatch' ],
    [ 'log-entry-of-another-log'      => borrowed('elsewhere-author', $ENTRY), 'authority-unknown' ],
    [ 'body-of-another-entry' => borrowed('other-author', "$ENTRY/canonicalizedBody"), 'inclusion-promise-invalid', 'inclusion-proof-invalid' ],
    [ 'kind-of-another-entry' => sub { $_[0]->set("$ENTRY/kindVersion", { kind => 'dsse', version => '0.0.1' }) }, 'bundle-contradictory' ],
    [ 'inclusion-proof-stripped'         => sub { $_[0]->remove($ENTRY, 'inclusionProof') }, 'inclusion-proof-missing' ],
    [ 'inclusion-proof-of-another-entry' => borrowed('other-author', $PROOF), 'inclusion-proof-invalid', 'bundle-contradictory' ],
    [ 'inclusion-proof-hash-flipped'     => flipped("$PROOF/hashes/0"), 'inclusion-proof-invalid' ],
    [ 'inclusion-proof-hashes-dropped'   => sub { $_[0]->set("$PROOF/hashes", []) }, 'inclusion-proof-invalid' ],
    [ 'inclusion-proof-hashes-null'      => sub { $_[0]->set("$PROOF/hashes", undef) }, 'inclusion-proof-invalid' ],
    [ 'inclusion-proof-hash-added' => sub { $_[0]->edit(sub { my $hashes = ${ Exhibit::place($_[0], $PROOF) }->{hashes}; push @$hashes, $hashes->[0] }) }, 'inclusion-proof-invalid' ],
    [ 'root-hash-flipped'  => flipped("$PROOF/rootHash"), 'bundle-contradictory' ],
    [ 'tree-size-raised'   => raise("$PROOF/treeSize"),   'bundle-contradictory' ],
    [ 'log-index-raised'   => raise("$ENTRY/logIndex"),   'inclusion-promise-invalid', 'bundle-contradictory' ],
    [ 'proof-index-raised' => raise("$PROOF/logIndex"),   'inclusion-proof-invalid', 'bundle-contradictory' ],
    [ 'log-index-negative' => sub { $_[0]->set("$PROOF/logIndex", '-1') }, 'bundle-malformed' ],
    [ 'log-index-huge'     => sub { $_[0]->set("$PROOF/logIndex", '99999999999999999999') }, 'bundle-malformed' ],
    [ 'log-index-with-a-zero-first' => sub { $_[0]->edit_text("$PROOF/logIndex", sub { $_ = "0$_" }) }, 'bundle-malformed' ],
    [ 'log-index-null'     => sub { $_[0]->set("$PROOF/logIndex", undef) }, 'bundle-malformed' ],
    [ 'log-time-null'      => sub { $_[0]->set("$ENTRY/integratedTime", undef) }, 'bundle-malformed' ],
    [ 'checkpoint-missing' => sub { $_[0]->remove($PROOF, 'checkpoint') }, 'checkpoint-invalid' ],
    [ 'checkpoint-signature-with-a-space-in-its-name' => checkpoint(sub { s/\n\n\x{2014} \S+ /\n\n\x{2014} a b / }), 'checkpoint-invalid' ],
    [ 'checkpoint-signature-with-a-wide-space' => checkpoint(sub { s/\n\z/\x{3000}\n/ }), 'checkpoint-invalid' ],
    [ 'checkpoint-with-text-behind-it' => checkpoint(sub { $_ .= "\nmore\n" }), 'checkpoint-invalid' ],
    [ 'checkpoint-of-another-log'      => borrowed('elsewhere-author', $CHECKPOINT), 'bundle-contradictory' ],
    [ 'checkpoint-signature-flipped'   => checkpoint(sub { s/(\S+)\n\z/my $x = decode_base64($1); substr($x, -1, 1) ^= "\1"; encode_base64($x, q()) . "\n"/e }), 'checkpoint-invalid' ],
    [ 'checkpoint-signature-dropped'   => checkpoint(sub { s/\n\n.*/\n\n/s }), 'checkpoint-invalid' ],
    [ 'checkpoint-signer-unknown'      => checkpoint(sub { s/(\S+)\n\z/my $x = decode_base64($1); substr($x, 0, 1) ^= "\1"; encode_base64($x, q()) . "\n"/e }), 'checkpoint-origin' ],
    [ 'checkpoint-signed-by-another-log-as-well' => \&sign_checkpoint_again, 'checkpoint-origin' ],
    [ 'checkpoint-origin-renamed'      => checkpoint(sub { s/\A[^\n]*/log.example.org/ }), 'checkpoint-invalid', 'checkpoint-origin' ],
    [ 'checkpoint-text-added'          => checkpoint(sub { s/\n\n/\nmore\n\n/ }), 'checkpoint-invalid' ],
    [ 'log-id-of-another-log' => borrowed('elsewhere-author', "$ENTRY/logId/keyId"), 'authority-unknown' ],
    [ 'promise-stripped'         => sub { $_[0]->remove($ENTRY, 'inclusionPromise') }, 'timestamp-missing', undef ],
    [ 'promise-flipped'          => flipped($PROMISE), 'inclusion-promise-invalid', undef ],
    [ 'promise-of-another-entry' => borrowed('other-author', $PROMISE), 'inclusion-promise-invalid', undef ],
    [ 'promise-without-a-time'   => sub { $_[0]->remove($ENTRY, 'integratedTime') }, 'inclusion-promise-invalid', undef ],
    [ 'promise-added' => sub { $_[0]->set("$ENTRY/inclusionPromise", { signedEntryTimestamp => 'AAAA' })->set("$ENTRY/integratedTime", '1700000000') }, undef, 'bundle-contradictory' ],
    [ 'log-time-moved-by-a-second' => raise("$ENTRY/integratedTime"), 'inclusion-promise-invalid', undef ],
    [ 'log-time-moved-by-a-day'    => sub { $_[0]->edit_text("$ENTRY/integratedTime", sub { $_ = $_ + 86_400 . q() }) }, 'inclusion-promise-invalid', undef ],
    [ 'log-time-added' => sub { $_[0]->set("$ENTRY/integratedTime", '1700000000') }, undef, 'bundle-contradictory' ],

    [ 'certificate-of-a-stranger'        => borrowed('here-stranger', $CERTIFICATE), 'signature-mismatch' ],
    [ 'certificate-of-the-same-author'   => borrowed('other-author', $CERTIFICATE), 'signature-mismatch' ],
    [ 'certificate-by-another-authority' => borrowed('elsewhere-author', $CERTIFICATE), 'authority-unknown' ],
    [ 'certificate-signature-flipped'    => flipped($CERTIFICATE), 'certificate-untrusted' ],
    [ 'certificate-extended'             => appended($CERTIFICATE), 'certificate-malformed' ],
    [ 'certificate-cut-off' => sub { $_[0]->edit_bytes($CERTIFICATE, sub { substr($_, length($_) / 2) = q() }) }, 'certificate-malformed' ],
    [ 'certificate-empty'   => sub { $_[0]->set($CERTIFICATE, q()) }, 'certificate-malformed' ],
    [ 'certificate-stripped' => sub { $_[0]->remove($MATERIAL, 'certificate') }, 'bundle-malformed' ],
    [ 'key-instead-of-certificate' => sub { $_[0]->remove($MATERIAL, 'certificate')->set("$MATERIAL/publicKey", { hint => 'key' }) }, 'key-kind' ],
    [ 'key-beside-certificate'     => sub { $_[0]->set("$MATERIAL/publicKey", { hint => 'key' }) }, 'bundle-ambiguous' ],

    [ 'signature-flipped' => flipped($SIGNATURE), 'signature-mismatch', 'timestamp-invalid' ],
    [ 'signature-empty'   => sub { $_[0]->set($SIGNATURE, q()) }, 'signature-mismatch', 'timestamp-invalid' ],
    [ 'signature-extended' => appended($SIGNATURE), 'signature-mismatch', 'timestamp-invalid' ],
    [ 'signature-by-the-same-author-elsewhere' => borrowed('other-author', $SIGNATURE), 'signature-mismatch', 'timestamp-invalid' ],
    [ 'signature-mirrored' => sub { $_[0]->edit_bytes($SIGNATURE, sub { $_ = mirrored($_) }) }, 'entry-mismatch', 'timestamp-invalid' ],
    [ 'digest-of-another-artifact'  => borrowed('other-author', 'messageSignature/messageDigest/digest'), 'artifact-mismatch' ],
    [ 'digest-of-another-algorithm' => sub { $_[0]->set('messageSignature/messageDigest/algorithm', 'SHA2_512') }, 'artifact-mismatch' ],
    [ 'digest-of-no-algorithm'      => sub { $_[0]->set('messageSignature/messageDigest/algorithm', 'MD5') }, 'unsupported' ],
    [ 'digest-algorithm-in-small-letters' => sub { $_[0]->set('messageSignature/messageDigest/algorithm', 'sha2_256') }, 'unsupported' ],
    [ 'digest-missing' => sub { $_[0]->remove('messageSignature', 'messageDigest') }, 'valid' ],

    [ 'timestamp-stripped'             => sub { $_[0]->remove($MATERIAL, 'timestampVerificationData') }, undef, 'timestamp-missing' ],
    [ 'timestamp-of-another-signature' => borrowed('other-author', $TIMESTAMP), undef, 'timestamp-invalid' ],
    [ 'timestamp-by-another-authority' => borrowed('elsewhere-author', $TIMESTAMP), undef, 'authority-unknown' ],
    [ 'timestamp-flipped'     => flipped($TIMESTAMP),  undef, 'timestamp-invalid' ],
    [ 'timestamp-extended'    => appended($TIMESTAMP), undef, 'timestamp-invalid' ],
    [ 'timestamp-with-its-certificate-changed' => sub {
        my $chain = JSON::PP->new->utf8->decode($_[0]{root})->{timestampAuthorities}[0]{certChain}{certificates};
        my $certificate = decode_base64($chain->[0]{rawBytes});
        $_[0]->edit_bytes($TIMESTAMP, sub {
            my $at = index $_, $certificate;
            die "expected the certificate in the timestamp\n" if $at < 0;
            substr($_, $at + length($certificate) - 1, 1) ^= "\x01";
        });
    }, undef, 'valid' ],
    [ 'timestamp-with-a-certificate-that-is-none' => sub {
        my $certificate = decode_base64(JSON::PP->new->utf8->decode($_[0]{root})->{timestampAuthorities}[0]{certChain}{certificates}[0]{rawBytes});
        # The whole first element is of another tag.
        $_[0]->edit_bytes($TIMESTAMP, sub { substr($_, index($_, $certificate), 1) = "\x31" });
    }, undef, 'valid' ],
    [ 'timestamp-without-its-status' => sub {
        $_[0]->edit_bytes($TIMESTAMP, sub { $_ = (CPAN::Sigstore::DER->parse($_, 'SEQUENCE')->members)[1]->raw });
    }, undef, 'valid' ],
    [ 'timestamp-with-two-statuses' => sub {
        $_[0]->edit_bytes($TIMESTAMP, sub {
            my (undef, $token) = CPAN::Sigstore::DER->parse($_, 'SEQUENCE')->members;
            $_ = CPAN::Sigstore::DER::encode('SEQUENCE', CPAN::Sigstore::DER::encode('SEQUENCE', "\x02\x01\x00" x 2) . $token->raw);
        });
    }, undef, 'timestamp-invalid' ],
    [ 'timestamp-no-der'      => sub { $_[0]->set($TIMESTAMP, 'bm90IERFUg==') }, undef, 'timestamp-invalid' ],
    [ 'timestamp-twice'       => sub { $_[0]->edit(sub { my $all = ${ Exhibit::place($_[0], $TIMESTAMPS) }; push @$all, $all->[0] }) }, undef, 'valid' ],
    [ 'timestamp-five-times' => sub { $_[0]->edit(sub { my $all = ${ Exhibit::place($_[0], $TIMESTAMPS) }; push @$all, ($all->[0]) x 4 }) }, undef, 'bundle-excess' ],
    [ 'timestamp-forty-times' => sub { $_[0]->edit(sub { my $all = ${ Exhibit::place($_[0], $TIMESTAMPS) }; push @$all, ($all->[0]) x 39 }) }, undef, 'bundle-excess' ],
    [ 'second-timestamp-of-another-signature' => sub {
        my $other = ${ Exhibit::place(Exhibit->new('other-author-2')->document, $TIMESTAMPS) };
        $_[0]->edit(sub { push @{ ${ Exhibit::place($_[0], $TIMESTAMPS) } }, @$other });
    }, undef, 'timestamp-invalid' ],

    [ 'another-sigstore-trusted' => sub { $_[0]{root} = slurp('elsewhere.trusted_root.json') }, 'authority-unknown' ],
    [ 'no-log-trusted'           => sub { $_[0]->edit_root(sub { $_[0]{tlogs} = [] }) }, 'authority-unknown' ],
    [ 'another-log-trusted'      => trust_other('tlogs'), 'authority-unknown' ],
    [ 'log-with-another-key'     => other_keys('tlogs'), 'inclusion-promise-invalid', 'checkpoint-invalid' ],
    [ 'log-with-a-key-of-another-kind' => each_of(tlogs => sub { $_[0]{publicKey}{keyDetails} = 'PKIX_NOBODY_KNOWS' }), 'authority-unknown' ],
    [ 'log-with-a-key-of-a-number' => each_of(tlogs => sub { $_[0]{publicKey}{keyDetails} = 5 }), 'authority-unknown' ],
    [ 'log-with-a-tree-of-another-hash' => each_of(tlogs => sub { $_[0]{hashAlgorithm} = 'SHA2_512' }), 'authority-unknown' ],
    [ 'log-with-fields-nobody-uses' => each_of(tlogs => sub { $_[0]{operator} = 5; $_[0]{publicKey}{validFor}{note} = undef }), 'valid' ],
    [ 'log-not-trusted-any-more' => each_of(tlogs => sub { $_[0]{publicKey}{validFor} = $LONG_AGO }), 'log-unknown' ],
    [ 'log-at-another-address'   => each_of(tlogs => sub { $_[0]{baseUrl} = 'https://log.example.org' }), 'valid', 'checkpoint-origin' ],
    [ 'another-authority-trusted'      => trust_other('certificateAuthorities'), 'authority-unknown' ],
    [ 'authority-not-trusted-any-more' => each_of(certificateAuthorities => sub { $_[0]{validFor} = $LONG_AGO }), 'authority-expired' ],
    [ 'authority-not-trusted-yet'      => each_of(certificateAuthorities => sub { $_[0]{validFor} = $FAR_OFF }), 'authority-expired' ],
    [ 'no-certificate-log-trusted'       => sub { $_[0]->edit_root(sub { $_[0]{ctlogs} = [] }) }, 'authority-unknown' ],
    [ 'certificate-log-with-a-key-of-another-kind' => each_of(ctlogs => sub { $_[0]{publicKey}{keyDetails} = 'PKIX_NOBODY_KNOWS' }), 'authority-unknown' ],
    [ 'certificate-log-with-another-key' => other_keys('ctlogs'), 'sct-invalid' ],
    [ 'certificate-log-not-trusted-any-more' => each_of(ctlogs => sub { $_[0]{publicKey}{validFor} = $LONG_AGO }), 'sct-invalid' ],
    [ 'another-timestamp-authority-trusted'     => trust_other('timestampAuthorities'), undef, 'authority-unknown' ],
    [ 'timestamp-authority-not-trusted-any-more' => each_of(timestampAuthorities => sub { $_[0]{validFor} = $LONG_AGO }), undef, 'authority-expired' ],
    [ 'timestamp-authority-not-trusted-yet'      => each_of(timestampAuthorities => sub { $_[0]{validFor} = $FAR_OFF }), undef, 'authority-expired' ],
    [ 'log-with-a-key-that-is-not-of-its-kind' => each_of(tlogs => sub { $_[0]{publicKey}{keyDetails} = 'PKIX_RSA_PKCS1V15_4096_SHA256' }), 'trusted-root' ],
    [ 'log-twice'       => sub { $_[0]->edit_root(sub { push @{ $_[0]{tlogs} }, $_[0]{tlogs}[0] }) }, 'trusted-root' ],
    [ 'log-with-a-short-id' => each_of(tlogs => sub { $_[0]{logId}{keyId} = 'AQIDBA==' }), 'trusted-root' ],
    [ 'log-with-a-period-without-a-beginning' => each_of(tlogs => sub { delete $_[0]{publicKey}{validFor}{start} }), 'trusted-root' ],
    [ 'no-trusted-root' => sub { $_[0]{root} = '{}' }, 'trusted-root' ],
);

# Each change with its name, the version of Rekor, the changed exhibit and the code.
sub cases {
    my @all;
    for my $case (@CASES) {
        my ($name, $change, @codes) = @$case;
        for my $version (1, 2) {
            my $code = @codes == 1 ? $codes[0] : $codes[ $version - 1 ];
            next if !defined $code;
            my $exhibit = Exhibit->new("here-author-$version");
            $change->($exhibit, $version);
            push @all, { name => $name, version => $version, code => $code, exhibit => $exhibit };
        }
    }
    return @all;
}

1;
