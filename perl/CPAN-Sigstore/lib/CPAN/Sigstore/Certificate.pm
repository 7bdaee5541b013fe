package CPAN::Sigstore::Certificate;
use 5.016;
use strict;
use warnings;

use Digest::SHA qw(sha256);

use CPAN::Sigstore::Crypto ();
use CPAN::Sigstore::DER    ();
use CPAN::Sigstore::Error  ();

our $VERSION = '0.01';

# Largest certificate that is read, in bytes.
my $SIZE_LIMIT = 16 * 1024;

my %NAME = (
    '2.5.29.14'               => 'subject-key-id',
    '2.5.29.15'               => 'key-usage',
    '2.5.29.17'               => 'names',
    '2.5.29.19'               => 'constraints',
    '2.5.29.35'               => 'authority-key-id',
    '2.5.29.37'               => 'extended-key-usage',
    '1.3.6.1.4.1.11129.2.4.2' => 'certificate-timestamps',
);
# The extensions that are understood, and so may be critical.
my %UNDERSTOOD = map { $_ => 1 } qw(key-usage names constraints extended-key-usage);

our $CODE_SIGNING  = '1.3.6.1.5.5.7.3.3';
our $TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

my $FULCIO    = '1.3.6.1.4.1.57264.1';
my $USER_NAME = "$FULCIO.7";

# The claims that identities may state, by the numbers of Fulcio's extensions (section 3.3.1).
my %CLAIM = (12 => 'repository', 14 => 'ref', 15 => 'repository-id', 17 => 'owner-id', 18 => 'workflow');

sub parse {
    my ($class, $der) = @_;
    my $self = eval { $class->_parse($der) };
    return $self // CPAN::Sigstore::Error->throw('certificate-malformed', 'invalid certificate: ' . CPAN::Sigstore::Error->of($@, q())->message);
}

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('certificate-malformed', $message);
}

sub _parse {
    my ($class, $der) = @_;
    _fail("expected at most $SIZE_LIMIT bytes") if length $der > $SIZE_LIMIT;
    my ($tbs, $algorithm, $signature, @more) = CPAN::Sigstore::DER->parse($der, 'SEQUENCE')->members;
    _fail('expected three parts') if !$signature || @more;
    my @fields = $tbs->members_of('SEQUENCE');
    my $self   = bless { der => $der, tbs => $tbs->raw, signature => $signature->bits, algorithm => $algorithm->raw }, $class;
    my $version = shift @fields;
    _fail('expected version 3') if !$version || $version->tag != 0xA0 || $version->inner->number != 2;
    _fail('expected all fields') if @fields < 6;
    my ($serial, $inner, $issuer, $validity, $subject, $key, @rest) = @fields;
    $self->{serial} = $serial->expect('INTEGER')->raw;
    _fail('expected one algorithm') if $inner->raw ne $algorithm->raw;
    @{$self}{qw(issuer subject key)} = ($issuer->expect('SEQUENCE')->raw, $subject->expect('SEQUENCE')->raw, $key->expect('SEQUENCE')->raw);
    my ($from, $until, @others) = $validity->members_of('SEQUENCE');
    _fail('expected two times') if !$until || @others;
    @{$self}{qw(from until)} = ($from->time, $until->time);
    $self->{fields} = [ map { $_->raw } $version, @fields[ 0 .. 5 ] ];
    # Unique ids, which nobody uses, come before the extensions.
    _fail('expected extensions and nothing else') if @rest != 1 || $rest[0]->tag != 0xA3;
    $self->_read_extensions($rest[0]->inner);
    $self->_read_purpose;
    return $self;
}

sub _read_extensions {
    my ($self, $extensions) = @_;
    for my $extension ($extensions->members_of('SEQUENCE')) {
        my ($id, @parts) = $extension->members_of('SEQUENCE');
        my $oid = $id->oid;
        my $is_critical = @parts == 2 ? shift(@parts)->boolean : 0;
        _fail('expected an extension with one value') if @parts != 1;
        _fail("expected each extension once, found $oid twice") if exists $self->{extensions}{$oid};
        $self->{extensions}{$oid} = $parts[0]->octets;
        $self->{critical}{$oid} = 1 if $is_critical;
        push @{ $self->{order} }, [ $oid, $extension->raw ];
    }
    return;
}

sub _value {
    my ($self, $name) = @_;
    my ($oid) = grep { $NAME{$_} eq $name } keys %NAME;
    my $value = $self->{extensions}{$oid} // return;
    return CPAN::Sigstore::DER->parse($value);
}

sub _read_purpose {
    my ($self) = @_;
    for my $oid (sort keys %{ $self->{critical} || {} }) {
        $self->{unknown_critical} = $oid if !$UNDERSTOOD{ $NAME{$oid} // q() };
    }
    if (my $constraints = $self->_value('constraints')) {
        my @parts = $constraints->members_of('SEQUENCE');
        $self->{is_authority} = @parts && $parts[0]->is('BOOLEAN') ? shift(@parts)->boolean : 0;
        $self->{path_length} = shift(@parts)->number if @parts;
        _fail('expected authority and length of the path') if @parts || (defined $self->{path_length} && !$self->{is_authority});
    }
    if (my $usage = $self->_value('key-usage')) {
        $self->{usage} = { map { $_ => 1 } $usage->named_bits };
    }
    if (my $usage = $self->_value('extended-key-usage')) {
        $self->{extended_usage} = { map { $_->oid => 1 } $usage->members_of('SEQUENCE') };
    }
    if (my $id = $self->_value('subject-key-id')) {
        $self->{key_id} = $id->octets;
    }
    return;
}

sub der         { return $_[0]{der} }
sub subject     { return $_[0]{subject} }
sub issuer      { return $_[0]{issuer} }
sub serial      { return $_[0]{serial} }
sub key_id      { return $_[0]{key_id} }
sub from        { return $_[0]{from} }
sub until       { return $_[0]{until} }    ## no critic (ProhibitBuiltinHomonyms)
sub is_critical { return $_[0]{critical}{ $_[1] } ? 1 : 0 }
sub public_key  { return $_[0]{public_key} ||= CPAN::Sigstore::Crypto::key($_[0]{key}) }
sub is_valid_at { return $_[1] >= $_[0]{from} && $_[1] <= $_[0]{until} ? 1 : 0 }

# Whether it may sign certificates for a purpose, with this many authorities below it.
sub may_issue {
    my ($self, $purpose, $below) = @_;
    # Constraints on names are not read, so an authority that has them is not used.
    return 0 if !$self->{is_authority} || defined $self->{unknown_critical} || exists $self->{extensions}{"2.5.29.30"};
    return 0 if defined $self->{path_length} && $below > $self->{path_length};
    # The bit 5 is keyCertSign.
    return 0 if $self->{usage} && !$self->{usage}{5};
    return !$self->{extended_usage} || $self->{extended_usage}{$purpose} ? 1 : 0;
}

# Whether it is for a purpose, and no authority.
sub is_for {
    my ($self, $purpose) = @_;
    return 0 if $self->{is_authority} || defined $self->{unknown_critical};
    # The bit 0 is digitalSignature, the bit 1 contentCommitment, which timestamps may have.
    return 0 if $self->{usage} && !$self->{usage}{0} && !($purpose eq $TIME_STAMPING && $self->{usage}{1});
    return $self->{extended_usage} && $self->{extended_usage}{$purpose} ? 1 : 0;
}

# An answer is kept, because the certificates of a trusted root are compared again for each bundle.
sub is_issued_by {
    my ($self, $authority) = @_;
    return 0 if $self->{issuer} ne $authority->{subject};
    return $self->{issued_by}{ $authority->{der} } //= $self->_is_issued_by($authority) ? 1 : 0;
}

sub _is_issued_by {
    my ($self, $authority) = @_;
    my ($oid, $parameters, @more) = CPAN::Sigstore::DER->parse($self->{algorithm}, 'SEQUENCE')->members;
    my $algorithm = $oid && $CPAN::Sigstore::Crypto::SIGNATURE_ALGORITHM{ $oid->oid } or return 0;
    my ($kind, $hash) = @$algorithm;
    # RSA has a NULL, the others have nothing.
    return 0 if @more || ($kind eq 'RSA' ? !$parameters || !$parameters->is('NULL') : $parameters);
    my $key = $authority->public_key;
    return 0 if $key->{kind} ne $kind;
    return CPAN::Sigstore::Crypto::verify($key, $hash, $self->{signature}, $self->{tbs});
}

# The certificate in a chain that issued this one, if the chain holds together from there. The chain begins with the
# certificate that signs others and ends with the root.
sub issuer_in {
    my ($self, $purpose, @chain) = @_;
    for my $at (0 .. $#chain) {
        my $issuer = $chain[$at];
        next if !$issuer->may_issue($purpose, 0) || !$self->is_issued_by($issuer);
        return $issuer if _holds($purpose, 1, @chain[ $at .. $#chain ]);
    }
    return;
}

# Whether each certificate of a chain is issued by the next. The count is that of authorities before the second one.
sub _holds {
    my ($purpose, $count, $below, @above) = @_;
    for my $next (@above) {
        return 0 if !$next->may_issue($purpose, $count) || !$below->is_issued_by($next);
        $below = $next;
        $count++;
    }
    return 1;
}

# Whether it is issued by the first of these certificates, and each of them by the next.
sub is_below {
    my ($self, $purpose, @above) = @_;
    return _holds($purpose, 0, $self, @above);
}

# What an authority signed for the certificate log: the same without the log's own answer (RFC 6962, 3.2).
sub precertificate {
    my ($self) = @_;
    my @kept = map { $_->[1] } grep { ($NAME{ $_->[0] } // q()) ne 'certificate-timestamps' } @{ $self->{order} };
    my $extensions = CPAN::Sigstore::DER::encode(0xA3, CPAN::Sigstore::DER::encode('SEQUENCE', join q(), @kept));
    return CPAN::Sigstore::DER::encode('SEQUENCE', join(q(), @{ $self->{fields} }) . $extensions);
}

sub key_digest { return sha256($_[0]{key}) }

# The key identifier of the certificate that issued it, if it is stated.
sub issuer_key_id {
    my ($self) = @_;
    my $value = $self->_value('authority-key-id') or return;
    my ($id) = grep { $_->tag == 0x80 } $value->members_of('SEQUENCE');
    return $id ? $id->content : undef;
}

# The answers of certificate logs in it, as bytes.
sub certificate_timestamps {
    my ($self) = @_;
    my $value = $self->_value('certificate-timestamps') or return;
    my $list = $value->octets;
    _fail('expected a list of certificate timestamps') if length $list < 2 || length $list != 2 + unpack 'n', $list;
    my ($at, @timestamps) = 2;
    while ($at < length $list) {
        _fail('expected a whole certificate timestamp') if $at + 2 > length $list;
        my $length = unpack 'n', substr $list, $at, 2;
        _fail('expected a whole certificate timestamp') if $at + 2 + $length > length $list;
        push @timestamps, substr $list, $at + 2, $length;
        $at += 2 + $length;
    }
    return @timestamps;
}

# The signer: section 1 of the standard, and the claims of section 3.3.1.
sub signer {
    my ($self) = @_;
    my $names = $self->_value('names') or _refuse('expected a name, found none');
    my @names = $names->members_of('SEQUENCE');
    _refuse('expected one name, found ' . @names) if @names != 1;
    my ($kind, $subject) = _name($names[0]);
    _refuse('expected a name of visible characters') if !_is_visible($subject);
    my $issuer = $self->_issuer;
    _refuse('expected the issuer of the identity') if !defined $issuer || !_is_visible($issuer);
    return { kind => $kind, subject => $subject, issuer => $issuer, claims => $self->_claims };
}

sub _refuse {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('certificate-identity', "invalid certificate: $message");
}

sub _is_visible {
    my ($text) = @_;
    return $text ne q()
        && $text !~ /[\x{00}-\x{1F}\x{7F}-\x{9F}\x{AD}\x{61C}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{206F}\x{FEFF}\x{FFF9}-\x{FFFB}\x{E0000}-\x{E007F}]/;
}

sub _name {
    my ($name) = @_;
    my %kind = (0x81 => 'email', 0x86 => 'uri');
    if (my $kind = $kind{ $name->tag }) {
        _refuse('expected a name in ASCII') if $name->content =~ /[^\x00-\x7F]/;
        return ($kind, $name->content);
    }
    _refuse('expected an e-mail address, a URI or a user name') if $name->tag != 0xA0;
    my ($oid, $value, @more) = $name->members;
    _refuse('expected a user name of Fulcio') if !$value || @more || $oid->oid ne $USER_NAME || $value->tag != 0xA0;
    my $text = $value->inner;
    _refuse('expected a user name in UTF-8') if !$text->is('UTF8_STRING');
    return ('username', $text->text);
}

# The current extension is a text in DER, the deprecated one plain bytes.
sub _issuer {
    my ($self) = @_;
    my ($current, $deprecated) = ($self->_current(8), $self->_deprecated(1));
    _refuse('expected one issuer, found two') if defined $current && defined $deprecated && $current ne $deprecated;
    return $current // $deprecated;
}

sub _current {
    my ($self, $number) = @_;
    my $value = $self->{extensions}{"$FULCIO.$number"} // return;
    return CPAN::Sigstore::DER->parse($value, 'UTF8_STRING')->text;
}

sub _deprecated {
    my ($self, $number) = @_;
    my $value = $self->{extensions}{"$FULCIO.$number"} // return;
    return CPAN::Sigstore::DER::decode_utf8($value) // _fail("expected UTF-8 in the extension .$number");
}

sub _claims {
    my ($self) = @_;
    my %claims;
    for my $number (keys %CLAIM) {
        my $value = $self->_current($number);
        $claims{ $CLAIM{$number} } = $value if defined $value;
    }
    my ($repository, $ref) = map { $self->_deprecated($_) } 5, 6;
    $claims{repository} //= "https://github.com/$repository" if defined $repository;
    $claims{ref}        //= $ref if defined $ref;
    return \%claims;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Certificate - an X.509 certificate of Sigstore

=head1 SYNOPSIS

    use CPAN::Sigstore::Certificate;

    my $certificate = CPAN::Sigstore::Certificate->parse($der);
    my $signer = $certificate->signer;
    print "$signer->{subject} (by $signer->{issuer})\n";

=head1 DESCRIPTION

It reads version 3, each extension once, and nothing behind the end. It throws a
L<CPAN::Sigstore::Error> with the code C<certificate-malformed> or
C<certificate-identity>. A parsed certificate is not verified.

=head1 METHODS

=head2 parse(DER)

=head2 signer

The certificate, and the identity in it. See L<CPAN::Sigstore::Identity>.

=head2 der

=head2 subject

=head2 issuer

=head2 serial

=head2 key_id

=head2 public_key

=head2 key_digest

=head2 from

=head2 until

=head2 is_critical(OID)

Parts of it. Names and serial number are bytes, times are seconds.

=head2 is_valid_at(TIME)

=head2 is_for(PURPOSE)

=head2 may_issue(PURPOSE, BELOW)

=head2 is_issued_by(AUTHORITY)

Whether it is valid at a time; is for a purpose; may issue certificates for a
purpose with a number of authorities below it; and is signed by an authority.
The purposes are C<$CPAN::Sigstore::Certificate::CODE_SIGNING> and
C<$CPAN::Sigstore::Certificate::TIME_STAMPING>.

=head2 issuer_in(PURPOSE, CHAIN)

=head2 is_vouched_for(PURPOSE, CHAIN)

The certificate of a chain that issued this one; and whether there is one or this
one is part of the chain.

=head2 certificate_timestamps

=head2 precertificate

The answers of certificate logs, and the bytes that such a log signed.

=cut
