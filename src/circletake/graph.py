"""The production on one page. Start reading here.

    plan > catalog > [approve] > generate > review > (reshoot | conform) > assemble > [screening] > publish

Square brackets are a person's decision. Every step runs through `measured`: under a deadline, validated, retried where
that helps, taken by another adapter where one is set up, and on record whatever comes of it. Nothing paid or long
happens in the graph itself: generate, conform and assemble journal operations and have them driven, so that a killed
production takes up where it stood.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from circletake import assemble, catalog, generate, plan, publish, review
from circletake.crew import Crew
from circletake.domain.production import Production
from circletake.runtime.steps import Route, Step, measured, route_by


def production_graph(crew: Crew) -> CompiledStateGraph[Production, Any, Production, Production]:
    """Wire the departments. State is the frozen `Production`; steps return an `Update`."""
    graph = StateGraph(Production)

    def add(name: str, step: Step, spare: Route | None = None) -> None:  # every step is measured, none can opt out
        graph.add_node(name, measured(name, step, crew.ledger, spare))

    # fmt: off
    # The brief is broken into scenes and shots, grounded in what the catalogue may use.
    planning = partial(plan.run, references=crew.search, productions=crew.productions, plans=crew.plans,
                       clock=crew.clock)
    add("plan", partial(planning, planner=crew.planner),
        route_by(crew.spare_planner, planning, planner=crew.spare_planner))

    # Every shot gets its references, each with its licence as it stands.
    add("catalog", partial(catalog.run, plans=crew.plans, productions=crew.productions,
                           references=crew.references, search=crew.search))

    # A person approves the plan and what it may cost, before anything is spent.
    add("approve", partial(review.approve_plan, plans=crew.plans, terms=crew.productions, purse=crew.purse,
                           approvals=crew.decisions, clock=crew.clock))

    # Takes are shot, checked, and shot again where they failed.
    shooting = partial(generate.run, plans=crew.plans, terms=crew.productions, references=crew.references,
                       clips=crew.clips, takes=crew.takes, rights=crew.search, work=crew.work, house=crew.house,
                       progress=crew.progress, on_unknown=crew.on_unknown)
    add("generate", partial(shooting, generator=crew.generator),
        route_by(crew.spare_generator, shooting, generator=crew.spare_generator, numbers_from=generate.SPARE))

    # An editor circles one take a shot.
    add("review", partial(review.run, plans=crew.plans, terms=crew.productions, takes=crew.takes,
                          circles=crew.choices, dailies=crew.dailies, clock=crew.clock))

    # The circled takes are made once more, as they go into the film: at its size, from originals.
    add("conform", partial(generate.conform, plans=crew.plans, takes=crew.takes, circles=crew.choices,
                           clips=crew.clips, finals=crew.finals, files=crew.files, generators=crew.generators,
                           work=crew.work, progress=crew.progress))

    # The circled takes become the cut, the cut becomes the signed master.
    add("assemble", partial(assemble.run, plans=crew.plans, takes=crew.finals, circles=crew.choices, cuts=crew.cuts,
                            clips=crew.clips, files=crew.files, rights=crew.search, work=crew.work,
                            signer=crew.signer, clock=crew.clock, progress=crew.progress,
                            codec=crew.house.codec, loudness=crew.house.loudness))

    # A person sees the film before it leaves.
    add("screening", partial(review.screen, terms=crew.productions, approvals=crew.decisions,
                             films=crew.cuts, files=crew.files, clock=crew.clock))

    # Rights are checked once more, for that place, use and day; then the film leaves, with its receipt.
    add("publish", partial(publish.run, plans=crew.plans, decisions=crew.decisions, cuts=crew.cuts,
                           takes=crew.takes, circles=crew.choices, releases=crew.releases, files=crew.files,
                           rights=crew.search, channels=crew.channels, receipts=crew.receipts, clock=crew.clock))
    # fmt: on

    _in_order(graph)
    return graph.compile(checkpointer=crew.checkpoints)


def _in_order(graph: StateGraph[Production, Any, Production, Production]) -> None:
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "catalog")
    graph.add_edge("catalog", "approve")
    graph.add_conditional_edges("approve", shoot_or_look_again)
    graph.add_edge("generate", "review")
    graph.add_conditional_edges("review", reshoot_or_cut)
    graph.add_edge("conform", "assemble")
    graph.add_edge("assemble", "screening")
    graph.add_edge("screening", "publish")
    graph.add_edge("publish", END)


def shoot_or_look_again(state: Production) -> Literal["generate", "catalog"]:
    """An edited plan goes back to the catalogue for its references; an approved one is shot."""
    return "generate" if state.plan_version == state.referenced_version else "catalog"


def reshoot_or_cut(state: Production) -> Literal["generate", "conform"]:
    """Shots without a usable take are shot again; when every shot has its circled take, the film is made of them."""
    return "generate" if state.reshoot else "conform"
