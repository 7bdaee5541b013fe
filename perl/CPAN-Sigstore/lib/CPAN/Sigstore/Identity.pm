package CPAN::Sigstore::Identity;
use 5.016;
use strict;
use warnings;

our $VERSION = '0.01';

my $STARS_LIMIT = 4;

# The claims of a certificate that identities may state.
our @CLAIMS = qw(owner-id ref repository repository-id workflow);

# An identity that may sign: issuer, subject or pattern, claims, from, until. `matcher` is for other patterns.
sub new {
    my ($class, %identity) = @_;
    return bless { claims => {}, %identity }, $class;
}

# Section 3.4: the parts of a pattern, or nothing if it is none.
sub is_pattern {
    my ($text) = @_;
    return $text =~ m{\A[^/*]+://[^/*]+/[^/*]+/[^*]*\*} && !grep { tr/*// > $STARS_LIMIT } split m{/}, $text, -1;
}

sub pattern_matches {
    my ($pattern, $name) = @_;
    my @patterns = split m{/}, $pattern, -1;
    my @parts    = split m{/}, $name,    -1;
    return 0 if @patterns != @parts;
    for my $at (0 .. $#parts) {
        return 0 if !_part_matches($patterns[$at], $parts[$at]);
    }
    return 1;
}

# The earliest place of each literal leaves the most for those behind it.
sub _part_matches {
    my ($pattern, $part) = @_;
    my ($first, @literals) = split /\*/, $pattern, -1;
    $first //= q();
    return $part eq $first if !@literals;
    return 0 if substr($part, 0, length $first) ne $first;
    $part = substr $part, length $first;
    my $last = pop @literals;
    for my $literal (@literals) {
        my $at = index $part, $literal;
        return 0 if $at < 0;
        $part = substr $part, $at + length $literal;
    }
    return length $part >= length $last && substr($part, length($part) - length $last) eq $last ? 1 : 0;
}

# Whether a name has a branch, tag or commit behind `@`, as a called workflow has.
sub is_workflow_name { return $_[0] =~ m{://.*\@}s ? 1 : 0 }

sub names_repository {
    my ($self) = @_;
    return defined $self->{claims}{repository} || defined $self->{claims}{'repository-id'} ? 1 : 0;
}

# Section 3.3.2: whether it has to claim the repository and does not.
sub leaves_source_open {
    my ($self) = @_;
    return 0 if $self->names_repository;
    return 1 if defined $self->{pattern};
    return is_workflow_name($self->{subject}) if defined $self->{subject};
    return $self->{expression} =~ m{/} || $self->{issuer} eq 'https://token.actions.githubusercontent.com' ? 1 : 0;
}

# Section 3.5: whether it is this signer.
sub matches {
    my ($self, $signer) = @_;
    return 0 if $self->{issuer} ne $signer->{issuer};
    my $name = $signer->{subject};
    return 0 if defined $self->{subject} && $self->{subject} ne $name;
    return 0 if defined $self->{pattern} && !pattern_matches($self->{pattern}, $name);
    return 0 if defined $self->{matcher} && $name !~ $self->{matcher};
    return 0 if !grep { defined $self->{$_} } qw(subject pattern matcher);
    my $found = $signer->{claims} || {};
    for my $claim (keys %{ $self->{claims} }) {
        my $expected = $self->{claims}{$claim} // next;
        my $value    = _claim($found, $claim);
        return 0 if !defined $value || $value ne $expected;
    }
    my $repository = $found->{repository};
    return 1 if $self->names_repository || ($signer->{kind} // q()) ne 'uri' || !defined $repository;
    return index($name, "$repository/") == 0 ? 1 : 0;
}

sub _claim {
    my ($found, $claim) = @_;
    my $value = $found->{$claim};
    return defined $value && $claim eq 'workflow' ? without_ref($value) : $value;
}

# The name of a workflow up to the first `@refs/`.
sub without_ref { return $_[0] =~ s/\@refs\/.*\z//sr }

sub is_valid_at {
    my ($self, @times) = @_;
    return 0 if !@times;
    for my $time (@times) {
        return 0 if defined $self->{from}  && $time < $self->{from};
        return 0 if defined $self->{until} && $time >= $self->{until};
    }
    return 1;
}

# Section 3.5, of a list: `valid`, `retired`, or nothing.
sub membership {
    my ($identities, $signer, @times) = @_;
    my @matching = grep { $_->matches($signer) } @$identities;
    return if !@matching;
    return (grep { $_->is_valid_at(@times) } @matching) ? 'valid' : 'retired';
}

# Section 8.2: the parts of a signer that stay the same from release to release.
sub stable {
    my ($signer) = @_;
    my $claims = $signer->{claims} || {};
    return {
        kind    => $signer->{kind},
        subject => $signer->{kind} eq 'uri' ? without_ref($signer->{subject}) : $signer->{subject},
        issuer  => $signer->{issuer},
        map { ($_ => $claims->{$_} // q()) } qw(repository repository-id owner-id),
    };
}

# Section 8.2: whether a signer is a remembered one.
sub is_same {
    my ($remembered, $signer) = map { stable($_) } @_;
    for my $part (qw(kind subject issuer repository)) {
        return 0 if $remembered->{$part} ne $signer->{$part};
    }
    for my $id (qw(repository-id owner-id)) {
        return 0 if $remembered->{$id} ne q() && $remembered->{$id} ne $signer->{$id};
    }
    return 1;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Identity - an identity that may sign, compared with a signer

=head1 SYNOPSIS

    use CPAN::Sigstore::Identity;

    my $identity = CPAN::Sigstore::Identity->new(
        issuer  => 'https://accounts.example',
        subject => 'tim@example.org',
        until   => 1780272000,
    );
    my $signer = { kind => 'email', subject => 'tim@example.org', issuer => 'https://accounts.example' };
    print CPAN::Sigstore::Identity::membership([$identity], $signer, time) // 'not authorized';

=head1 DESCRIPTION

Sections 3.3 to 3.5 and 8.2 of the standard. A signer is a hash with the keys
C<kind> (C<email>, C<uri> or C<username>), C<subject>, C<issuer> and C<claims>.
The claims are a hash by the names of section 3.3.1. Times are seconds.

=head1 METHODS

=head2 new(issuer => ..., subject => ..., claims => {...}, from => ..., until => ...)

Instead of C<subject> there is C<pattern>, or C<matcher> and C<expression> for a
regular expression of a policy.

=head2 matches(SIGNER)

=head2 is_valid_at(TIMES)

=head2 names_repository

=head2 leaves_source_open

Whether it matches, whether it is valid at each time, whether it claims the
repository, and whether it has to claim one and does not.

=head1 FUNCTIONS

=head2 membership(IDENTITIES, SIGNER, TIMES)

Returns C<valid>, C<retired>, or nothing.

=head2 is_pattern(TEXT)

=head2 pattern_matches(PATTERN, NAME)

Section 3.4.

=head2 is_workflow_name(NAME)

=head2 without_ref(NAME)

Whether a name is that of a workflow, and the name without branch or tag.

=head2 stable(SIGNER)

=head2 is_same(REMEMBERED, SIGNER)

The parts of a signer that are remembered, and whether another signer has them.

=cut
