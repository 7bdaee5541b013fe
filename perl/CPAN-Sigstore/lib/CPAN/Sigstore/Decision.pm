package CPAN::Sigstore::Decision;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Chain    ();
use CPAN::Sigstore::Identity ();
use CPAN::Sigstore::Policy   ();
use CPAN::Sigstore::Release  ();

our $VERSION = '0.01';

# Section 2.4: the predicate types which state that a release was built, published or signed.
our @RELEASE_STATEMENTS = (
    'https://slsa.dev/provenance/v0.2',
    'https://slsa.dev/provenance/v1',
    'https://docs.pypi.org/attestations/publish/v1',
    'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
    'https://sigstore.dev/cosign/sign/v1',
);

# Section 7.3. All other findings that are denied have no exit code, so they have that of a failure.
my %EXIT = (
    unsigned              => 10,
    'signature-invalid'   => 11,
    'identity-mismatch'   => 12,
    'identity-changed'    => 12,
    'identity-retired'    => 12,
    'identity-unknown'    => 12,
    'owner-changed'       => 12,
    downgrade             => 13,
    'release-rolled-back' => 13,
    'name-mismatch'       => 14,
    'archive-hostile'     => 14,
    'name-unchecked'      => 14,
    'index-stale'         => 3,
    unavailable           => 3,
);

# From the weakest source of owners to the strongest.
my @OWNER_SOURCES = qw(first-use first-seen author-index pin);

# Section 6: the decision about a release, from facts and policy alone.
sub decide {
    my (%facts) = @_;
    my $release = $facts{release};
    $facts{chain} = authorized(\%facts);
    my @packages = @{ $facts{packages} || [] };
    my @rules = $facts{policy}->rules($release, @packages);
    my $verdict;
    for my $rule (@rules) {
        my $other = _decide_by(\%facts, $rule);
        $verdict = $other if !$verdict || _is_worse($verdict, $other);
    }
    $verdict->{exit} = _admits($verdict) ? 0 : $EXIT{ $verdict->{finding} } // 1;
    $verdict->{remembers} = _lesson(\%facts, @rules) if _admits($verdict);
    return $verdict;
}

sub _admits { return $_[0]{decision} eq 'allow' || $_[0]{decision} eq 'warn' }

# The first result that does not admit the release; if none, the first with a warning.
sub _is_worse {
    my ($verdict, $other) = @_;
    return 0 if !_admits($verdict);
    return 1 if !_admits($other);
    return $verdict->{decision} eq 'allow' ? 1 : 0;
}

sub _decide_by {
    my ($facts, $rule) = @_;
    my ($signature, $binding) = _signature($facts, $rule);
    my @findings = grep {defined} (
        $signature, _owner($facts, $rule), _rolled_back($facts, $rule), _index($facts, $rule, $binding),
        _other_bytes($facts, $rule), _archive($facts, $rule),
    );
    for my $finding (@findings) {
        $finding->{decision} = $finding->{denied} ? 'deny' : $finding->{allowed} ? 'allow' : CPAN::Sigstore::Policy::decide($rule, $finding->{finding});
    }
    my ($chosen) = ((grep { !_admits($_) } @findings), (grep { $_->{decision} eq 'warn' } @findings), $findings[0]);
    my @reasons = map { $_->{finding} } grep { $_ != $chosen && $_->{finding} ne 'trusted' } @findings;
    return {
        finding  => $chosen->{finding},
        decision => $chosen->{decision},
        binding  => $binding,
        owner    => scalar _owner_source($facts, $rule),
        reasons  => [ @reasons, @{ $facts->{chain}{notes} } ],
    };
}

# 6.4 to 6.6: the record chain of the author, and where it is from.
sub authorized {
    my ($facts) = @_;
    my $known   = $facts->{known}{chain} || CPAN::Sigstore::Chain->new($facts->{release}->author);
    my $chain   = $known->copy;
    my %context = (now => $facts->{now}, overrides => $facts->{overrides} || []);
    my @notes;
    push @notes, $chain->append_all($facts->{index}{records} || [], %context) if $facts->{index};
    my $is_by_index = $chain->tip ? 1 : 0;
    push @notes, $chain->append_all($facts->{directory} || [], %context);
    @notes = map { $_->[0] eq 'recovered' ? 'a recovery record replaces a known record: recovered' : "a record is rejected: $_->[0]" }
        grep { $_->[0] !~ /\A(?:accepted|known)\z/ } @notes;
    my $provenance = 'known';
    if (!$known->tip && $chain->tip) {
        $provenance = $is_by_index ? 'index' : 'new';
        my %override = map { $_ => 1 } @{ $facts->{overrides} || [] };
        my $is_overridden = grep { $override{ $_->{record}->digest } } $chain->records;
        if (my $first = $facts->{known}{author}) {
            my $is_agreed = $chain->is_signed_by($first);
            if ($is_agreed && $provenance eq 'new') { $provenance = 'connected' }
            elsif (!$is_agreed && !$is_overridden) {
                push @notes, 'the record chain is rejected: the first signer of the author signed no version of it';
                $chain = $known->copy;
            }
        }
    }
    return { chain => $chain, provenance => $provenance, is_news => !$known->contains($chain), notes => \@notes };
}

# 6.1 to 6.8: the finding about the signature, and the source that decided.
sub _signature {
    my ($facts, $rule) = @_;
    my $signature = $facts->{signature} or return _unsigned($facts, $rule);
    return { finding => 'signature-invalid' } if defined $signature->{refused};
    return { finding => 'unavailable' }       if defined $signature->{undetermined};
    my $age = $facts->{trust_age_days};
    return { finding => 'unavailable' } if defined $age && $age > $rule->{'trust-material-age'};
    my $statement = $signature->{statement};
    return { finding => 'signature-invalid' } if defined $statement && !grep { $_ eq $statement } @RELEASE_STATEMENTS;
    return _identity($facts, $rule, scalar _source($facts, $rule));
}

# 6.2: the kind of the first source that has an answer, and its width.
sub _source {
    my ($facts, $rule) = @_;
    my ($release, $signer) = ($facts->{release}, $facts->{signature}{signer});
    if ($rule->{identities}) {
        return { kind => 'pin', is_author => $rule->{origin}{identities} eq 'author' };
    }
    return { kind => 'record', is_author => 1 } if $facts->{chain}{chain}->tip;
    my $pause = $rule->{pause};
    return { kind => 'pause-issued', is_author => 1 } if $pause && $signer->{issuer} eq $pause->{issuer};
    my $author = $facts->{known}{author};
    return { kind => 'first-seen', is_author => 1, first => $author } if $author;
    my $distribution = $facts->{known}{distribution};
    return { kind => 'first-seen', is_author => 0, first => $distribution->{signer} }
        if $distribution && $distribution->{author} eq $release->author;
    return;
}

# 6.3: compares the signer with a source.
sub _identity {
    my ($facts, $rule, $source) = @_;
    return { finding => 'identity-unknown' } if !$source;
    my ($signer, @times) = ($facts->{signature}{signer}, @{ $facts->{signature}{times} });
    my $kind = $source->{kind};
    if ($kind eq 'first-seen') {
        my $is_same = CPAN::Sigstore::Identity::is_same($source->{first}, $signer);
        return ({ finding => $is_same ? 'trusted' : 'identity-changed' }, $kind);
    }
    if ($kind eq 'pause-issued') {
        my $name = $facts->{release}->author . '!' . $rule->{pause}{domain};
        my $is_author = $signer->{kind} eq 'username' && $signer->{subject} eq $name;
        return ({ finding => $is_author ? 'trusted' : 'identity-mismatch' }, $kind);
    }
    my $identities = $kind eq 'pin' ? $rule->{identities} : $facts->{chain}{chain}->tip->{record}->identities;
    my $membership = CPAN::Sigstore::Identity::membership($identities, $signer, @times) // 'none';
    my $finding = { valid => 'trusted', retired => 'identity-retired', none => 'identity-mismatch' }->{$membership};
    $finding = 'identity-unknown' if $finding eq 'trusted' && $kind eq 'record' && $facts->{chain}{provenance} eq 'new';
    return ({ finding => $finding }, $kind);
}

# 6.8.
sub _unsigned {
    my ($facts, $rule) = @_;
    my $tip = $facts->{chain}{chain}->tip;
    return { finding => 'downgrade' } if $tip && $tip->{record}->releases eq 'signed';
    my $signed = $facts->{known}{signed};
    return { finding => 'downgrade' } if $signed && $signed->author eq $facts->{release}->author;
    my $is_admitted_by_module = ($rule->{origin}{unsigned} // q()) eq 'module' && $rule->{unsigned} ne 'deny';
    if (!$is_admitted_by_module) {
        for my $package (@{ $rule->{packages} }) {
            my $owner = $facts->{known}{owners}{$package} or next;
            return { finding => 'downgrade' } if defined $owner->{signed};
        }
    }
    return { finding => 'unsigned' };
}

# 6.9: the owners of a package, from the first source that has an answer.
sub _owners {
    my ($facts, $rule, $package) = @_;
    return ('pin', @{ $rule->{'module-authors'} }) if $rule->{'module-authors'};
    my $attested = $facts->{index} ? $facts->{index}{packages}{$package} : undef;
    return ('author-index', grep {defined} @$attested) if $attested;
    my $known = $facts->{known}{owners}{$package};
    return ('first-seen', @{ $known->{holders} }) if $known;
    return 'first-use';
}

sub _owner_source {
    my ($facts, $rule) = @_;
    my %found = map { ((_owners($facts, $rule, $_))[0] => 1) } @{ $rule->{packages} };
    my ($weakest) = grep { $found{$_} } @OWNER_SOURCES;
    return $weakest;
}

sub _owner {
    my ($facts, $rule) = @_;
    my $author = $facts->{release}->author;
    my @changes;
    my $pinned = $rule->{'distribution-authors'};
    push @changes, { finding => 'owner-changed', denied => 1 } if $pinned && !grep { $_ eq $author } @$pinned;
    for my $package (@{ $rule->{packages} }) {
        my ($source, @owners) = _owners($facts, $rule, $package);
        next if $source eq 'first-use' || grep { $_ eq $author } @owners;
        next if $source ne 'pin' && _is_handed_over($facts, $package, $author, @owners);
        my $denied = $source ne 'first-seen' || grep { exists $facts->{known}{signing}{$_} } @owners;
        push @changes, { finding => 'owner-changed', denied => $denied ? 1 : 0 };
    }
    my ($change) = ((grep { $_->{denied} } @changes), @changes);
    return $change;
}

# 6.9.1: whether one of the owners hands a package over to an author.
sub _is_handed_over {
    my ($facts, $package, $author, @owners) = @_;
    my $distribution = $facts->{release}->distribution;
    my $known        = $facts->{known}{owners}{$package};
    return 0 if $package ne _main_package($facts) && !($known && $known->{release} && $known->{release}->distribution eq $distribution);
    my $handed_over = $facts->{known}{handed_over} || {};
    return scalar grep { $_ eq $author } map { @{ ($handed_over->{$_} || {})->{$distribution} || [] } } @owners;
}

# The owners of a package, and the authors to whom they hand it over.
sub _owners_and_successors {
    my ($facts, $rule, $package) = @_;
    my ($source, @owners) = _owners($facts, $rule, $package);
    return ($source, @owners) if $source eq 'pin' || $source eq 'first-use';
    my $handed_over = $facts->{known}{handed_over} || {};
    my %others = map { $_ => 1 } map { @{ ($handed_over->{$_} || {})->{ $facts->{release}->distribution } || [] } } @owners;
    return ($source, @owners, grep { _is_handed_over($facts, $package, $_, @owners) } sort keys %others);
}

sub _main_package {
    my ($facts) = @_;
    return join '::', split /-/, $facts->{release}->distribution;
}

# 6.10.
sub _rolled_back {
    my ($facts, $rule) = @_;
    return if !@{ $rule->{packages} };
    my $release   = $facts->{release};
    my %is_owners = map { $_ => 1 } $release->author, _sharing_owners($facts, $rule);
    my @newer     = grep { $is_owners{ $_->author } && _is_older($release, $_) } @{ $facts->{known}{newest} || [] };
    return @newer ? { finding => 'release-rolled-back' } : ();
}

# 6.10: the owners who share the distribution with the author.
sub _sharing_owners {
    my ($facts, $rule) = @_;
    my $author = $facts->{release}->author;
    my $main   = _main_package($facts);
    my $leads  = grep { $_ eq $main } @{ $rule->{packages} };
    # The rule is for the packages that lead to the release.
    my ($source, @owners) = _owners_and_successors($facts, $leads ? $rule : {}, $main);
    @owners = $author if $source eq 'first-use' && $leads;
    return @owners if grep { $_ eq $author } @owners;
    my @sharing;
    for my $package (@{ $rule->{packages} }) {
        my (undef, @holders) = _owners_and_successors($facts, $rule, $package);
        push @sharing, @holders if grep { $_ eq $author } @holders;
    }
    return @sharing;
}

sub _is_older {
    my ($older, $newer) = map { $_->perl_version } @_;
    return $older && $newer && $older->compare($newer) < 0 ? 1 : 0;
}

# 6.11.
sub _index {
    my ($facts, $rule, $binding) = @_;
    return if defined $binding && $binding eq 'pin';
    return { finding => 'unavailable' } if defined $facts->{records_undetermined};
    my $index = $facts->{index} or return;
    return { finding => 'unavailable' } if $index->{absent} || $index->{future};
    return { finding => 'unavailable' } if $index->{age_days} > $rule->{'index-age-limit'};
    return { finding => 'index-stale' } if $index->{age_days} > $rule->{'index-age'};
    return;
}

# 7.6: other bytes than those that the user states for this path.
sub _other_bytes {
    my ($facts, $rule) = @_;
    return if !defined $rule->{digest} || _is_pinned($facts, $rule);
    return { finding => 'name-mismatch', denied => 1 };
}

sub _is_pinned {
    my ($facts, $rule) = @_;
    return defined $rule->{digest} && defined $facts->{digest} && $rule->{digest} eq $facts->{digest};
}

# 6.12, with 7.1 and 7.6.
sub _archive {
    my ($facts, $rule) = @_;
    my $finding = $facts->{archive} // return;
    my $is_name = $finding eq 'name-mismatch' || $finding eq 'name-unchecked';
    return { finding => $finding, allowed => 1 } if $is_name && _is_pinned($facts, $rule);
    return { finding => $finding, denied => $finding eq 'name-mismatch' && $facts->{signature} ? 1 : 0 };
}

# Section 8: what an admitted release adds to the trust store.
sub _lesson {
    my ($facts, @rules) = @_;
    my $release = $facts->{release};
    my %lesson  = (author => 0, distribution => 0, records => 0, packages => [], newest => 0);
    if ($facts->{signature} && $facts->{signature}{signer}) {
        $lesson{distribution} = 1;
        $lesson{author} = 1;
        for my $rule (@rules) {
            my $source = _source($facts, $rule);
            $lesson{author} = 0 if $source && !$source->{is_author};
        }
        $lesson{records} = $lesson{author} && _remembers_chain($facts) ? 1 : 0;
    }
    my @packages = map { @{ $_->{packages} } } @rules;
    return \%lesson if !@packages || grep { _owner($facts, $_) } @rules;
    my $is_signed = $facts->{signature} ? 1 : 0;
    for my $package (@packages) {
        my $known = $facts->{known}{owners}{$package};
        push @{ $lesson{packages} }, $package
            if !$known || (!defined $known->{signed} && $is_signed && grep { $_ eq $release->author } @{ $known->{holders} });
    }
    # Its name says nothing of its version.
    my $is_misnamed = ($facts->{archive} // q()) eq 'name-mismatch' && grep { !_is_pinned($facts, $_) } @rules;
    return \%lesson if $is_misnamed;
    my ($newest) = grep { $_->author eq $release->author } @{ $facts->{known}{newest} || [] };
    $lesson{newest} = !$release->is_developer_release && (!$newest || _is_older($newest, $release)) ? 1 : 0;
    return \%lesson;
}

# 8.3.
sub _remembers_chain {
    my ($facts) = @_;
    my $authorized = $facts->{chain};
    my ($signer, @times) = ($facts->{signature}{signer}, @{ $facts->{signature}{times} });
    my $tip = $authorized->{chain}->tip or return 0;
    return 0 if !$authorized->{is_news};
    return 0 if (CPAN::Sigstore::Identity::membership($tip->{record}->identities, $signer, @times) // q()) ne 'valid';
    return $authorized->{provenance} ne 'new' || $authorized->{chain}->is_signed_by($signer);
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Decision - the decision about a release, from facts and a policy

=head1 SYNOPSIS

    use CPAN::Sigstore::Decision;

    my $verdict = CPAN::Sigstore::Decision::decide(
        release   => CPAN::Sigstore::Release->parse_path($path),
        policy    => CPAN::Sigstore::Policy->parse(q()),
        now       => time,
        packages  => ['Foo::Bar'],
        signature => { signer => $signer, times => [$signed] },
        known     => { author => $first_signer },
    );
    print "$verdict->{finding}: $verdict->{decision}\n";
    exit $verdict->{exit};

=head1 DESCRIPTION

Sections 6 to 8 of the standard. The decision is pure: it reads no file, no clock
and no network.

=head1 FUNCTIONS

=head2 decide(FACTS)

Returns a hash with C<finding>, C<decision>, C<exit>, C<binding>, C<owner> and
C<reasons>. The verdict of an admitted release also has C<remembers>, with the
rows that section 8 adds. These are the facts:

=over

=item release

A L<CPAN::Sigstore::Release> with its author.

=item policy, now

A L<CPAN::Sigstore::Policy>, and the time in seconds.

=item packages

The packages that lead to the release.

=item signature

Undefined without a bundle. Otherwise a hash with C<signer>, C<times> and
perhaps C<statement>; or with C<refused> or C<undetermined>.

=item trust_age_days

The age of the trusted root, if it is known.

=item digest

The digest of the archive, C<sha256:> and 64 hexadecimal digits.

=item archive

C<name-mismatch>, C<name-unchecked>, C<archive-hostile>, or undefined.

=item known

The rows of the trust store: C<chain>, C<author> (a signer), C<distribution> (a
hash of C<signer> and C<author>), C<signed> (a release), C<newest> (the newest
release of the distribution, of each author), C<owners> (package to a hash of
C<holders>, C<signed> and C<release>, the first one), C<signing> (author to
proof), and C<handed_over> (author to the C<distributions> of the newest record).

=item index

Undefined without an author index. Otherwise C<absent>, C<future> or
C<age_days>, with C<records> and C<packages>.

=item directory, overrides, records_undetermined

The signed records of the author's directory, the digests of overrides in effect,
and why records could not be verified.

=back

=head2 authorized(FACTS)

Returns the record chain by 6.4 to 6.6, in a hash with C<chain>, C<provenance>,
C<is_news> and C<notes>.

=cut
